package io.wasmwiz.cli.doctor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Checks over the admin ports: each process and what it depends on, and its version against this client's. */
final class AdminChecks {
    private AdminChecks() {}

    /**
     * Checks one process.
     *
     * @param process {@code executor} or {@code metering}
     * @param address {@code host:port} of its admin port; null when it is not known
     */
    static List<Finding> of(String process, @Nullable String address, String clientVersion) {
        if (address == null) {
            return List.of(Finding.skipped(
                    process,
                    "its admin port is not known; --%s-admin HOST:PORT names it (from its host or cluster only)"
                            .formatted(process)));
        }
        AdminReadiness readiness;
        try {
            readiness = AdminReadiness.fetch(address);
        } catch (IOException | IllegalArgumentException | ClassCastException e) {
            return List.of(Finding.fault(
                    process,
                    "admin port " + address + " does not answer: " + e.getMessage(),
                    "check that the process runs, and its output"));
        }
        List<Finding> findings = new ArrayList<>();
        readiness
                .faults()
                .forEach((dependency, fault) ->
                        findings.add(Finding.fault(process, dependency + ": " + fault, advice(dependency))));
        if (findings.isEmpty()) {
            findings.add(
                    readiness.status().equals("ready")
                            ? Finding.ok(
                                    process,
                                    "ready, every dependency serves (database schema version "
                                            + readiness.schemaVersion() + ")")
                            : Finding.fault(
                                    process, readiness.status(), "it is stopping or starting; ask again in a moment"));
        }
        findings.add(version(process, readiness.version(), clientVersion));
        return findings;
    }

    private static Finding version(String process, String version, String clientVersion) {
        String check = process + " version";
        return version.equals(clientVersion)
                ? Finding.ok(check, version + ", as this client")
                : Finding.fault(
                        check,
                        version + ", this client is " + clientVersion,
                        "use the same build on both sides; within a major version calls work all the same");
    }

    private static String advice(String dependency) {
        String name = dependency.toLowerCase(Locale.ROOT);
        if (name.contains("postgres") || name.contains("database")) {
            return "check that PostgreSQL runs and that DATABASE_URL is right; migrations: wasmwiz migrate";
        }
        if (name.contains("kafka") || name.contains("event")) {
            return "check that the broker runs, its address, and that the topic exists";
        }
        return "the log of the process has more";
    }
}
