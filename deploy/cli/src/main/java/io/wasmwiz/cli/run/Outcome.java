package io.wasmwiz.cli.run;

import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.Units;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.Receipt;
import io.wasmwiz.v1.TrapKind;
import java.util.Locale;

/** How a run ended, as an exit code and as one line. */
public final class Outcome {
    private Outcome() {}

    /** The guest's exit code, or one of {@link ExitCode} when something else ended it. */
    public static int exitCode(Receipt receipt) {
        return switch (receipt.getStatus()) {
            case EXECUTION_STATUS_COMPLETED, EXECUTION_STATUS_FAILED -> receipt.getExitCode();
            case EXECUTION_STATUS_TRAPPED -> ExitCode.TRAPPED;
            case EXECUTION_STATUS_TIMED_OUT -> ExitCode.TIMED_OUT;
            case EXECUTION_STATUS_CANCELLED -> ExitCode.CANCELLED;
            case EXECUTION_STATUS_MEMORY_LIMIT -> ExitCode.MEMORY_LIMIT;
            case EXECUTION_STATUS_SANDBOX_CRASHED -> ExitCode.SANDBOX_CRASHED;
            case EXECUTION_STATUS_UNSPECIFIED, UNRECOGNIZED -> ExitCode.INTERNAL;
        };
    }

    /** For example {@code completed}, {@code exit code 3} or {@code trapped (unreachable)}. */
    public static String describe(Receipt receipt) {
        return switch (receipt.getStatus()) {
            case EXECUTION_STATUS_FAILED -> "exit code " + receipt.getExitCode();
            case EXECUTION_STATUS_TRAPPED -> "trapped (" + words(receipt.getTrap()) + ")";
            case UNRECOGNIZED -> "a status that this version does not know";
            default -> words(receipt.getStatus().name(), "EXECUTION_STATUS_");
        };
    }

    /** What counts are kept by, for example {@code TIMED_OUT}. */
    public static String label(Receipt receipt) {
        return switch (receipt.getStatus()) {
            case UNRECOGNIZED -> "UNRECOGNIZED";
            default -> receipt.getStatus().name().substring("EXECUTION_STATUS_".length());
        };
    }

    /** The receipt on one line. */
    public static String line(ExecuteResponse response) {
        Receipt receipt = response.getReceipt();
        StringBuilder line = new StringBuilder(describe(receipt));
        line.append(" in ").append(Units.micros(receipt.getWallTimeUs()));
        line.append(" (CPU ").append(Units.micros(receipt.getCpuTimeUs()));
        line.append(", queued ").append(Units.micros(receipt.getQueueTimeUs())).append(')');
        line.append(", memory ").append(Units.bytes(receipt.getPeakMemoryBytes()));
        line.append(", output ").append(Units.bytes(receipt.getOutputBytes()));
        if (response.getStdoutTruncated() || response.getStderrTruncated()) {
            line.append(" (truncated: ");
            line.append(response.getStdoutTruncated() ? "stdout" : "");
            line.append(response.getStdoutTruncated() && response.getStderrTruncated() ? " and " : "");
            line.append(response.getStderrTruncated() ? "stderr" : "").append(')');
        }
        line.append(receipt.getOutputLost() ? " (lost with the sandbox)" : "");
        line.append(receipt.getCacheHit() ? ", module cached" : ", module compiled");
        line.append(receipt.getCharged() ? ", charged" : ", not charged");
        line.append(", ").append(receipt.getTier()).append(": ").append(receipt.getQuotaRemaining());
        return line.append(" left today, execution ")
                .append(receipt.getExecutionId())
                .toString();
    }

    private static String words(TrapKind trap) {
        return trap == TrapKind.UNRECOGNIZED ? "other" : words(trap.name(), "TRAP_KIND_");
    }

    private static String words(String name, String prefix) {
        return name.substring(prefix.length()).toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
