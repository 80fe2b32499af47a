package io.wasmwiz.executor.bench;

import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.EchoModule;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunRequest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The modules that the benchmark runs, and the runs. Stateless. */
public final class BenchGuests {
    /** {@code (module (func (export "_start") (loop $forever (br $forever))))}. */
    private static final byte[] LOOP = HexFormat.of()
            .parseHex("0061736d0100000001040160000003020100070a01065f737461727400000a0901070003400c000b0b");

    private static final byte[] INPUT = new byte[100];
    private static final int MEMORY_PAGES = 2_048;
    private static final int STDOUT_BYTES = 1 << 20;
    private static final int STDERR_BYTES = 1 << 18;
    private static final Duration RUN_TIME = Duration.ofSeconds(10);
    private static final byte[] ECHO = EchoModule.bytes();
    private static final RunRequest ECHO_RUN = request(new UUID(1, 1), ECHO, INPUT, RUN_TIME);

    private BenchGuests() {}

    /** 100 bytes in, 100 out. */
    public static RunRequest echo() {
        return ECHO_RUN;
    }

    /** The same for another account with a module of its own. */
    static RunRequest echo(int number) {
        byte[] own = Arrays.copyOf(ECHO, ECHO.length + 7);
        // A custom section: its name, n, and the number.
        byte[] section = {0, 5, 1, 'n', (byte) (number >> 16), (byte) (number >> 8), (byte) number};
        System.arraycopy(section, 0, own, ECHO.length, section.length);
        return request(new UUID(2, number), own, INPUT, RUN_TIME);
    }

    /** Never ends by itself. */
    static RunRequest loop(Duration runTime) {
        return request(new UUID(3, 1), LOOP, new byte[0], runTime);
    }

    private static RunRequest request(UUID account, byte[] wasm, byte[] input, Duration runTime) {
        return new RunRequest(
                new ModuleCode(account, ModuleDigest.of(wasm), wasm),
                input,
                List.of(),
                Map.of(),
                new RunLimits(runTime, MEMORY_PAGES, STDOUT_BYTES, STDERR_BYTES));
    }
}
