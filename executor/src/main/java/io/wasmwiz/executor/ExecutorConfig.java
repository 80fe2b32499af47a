package io.wasmwiz.executor;

import io.wasmwiz.executor.admin.AdminConfig;
import io.wasmwiz.executor.admission.AdmissionConfig;
import io.wasmwiz.executor.auth.AuthConfig;
import io.wasmwiz.executor.batch.BatchConfig;
import io.wasmwiz.executor.claims.ClaimsConfig;
import io.wasmwiz.executor.events.EventsConfig;
import io.wasmwiz.executor.execution.CrashConfig;
import io.wasmwiz.executor.execution.RequestLimits;
import io.wasmwiz.executor.export.ExportConfig;
import io.wasmwiz.executor.grpc.GrpcConfig;
import io.wasmwiz.executor.modules.ModulesConfig;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SelfCheck;
import io.wasmwiz.executor.sandbox.process.ProcessConfig;
import io.wasmwiz.service.config.Problems;
import io.wasmwiz.service.database.DatabaseConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;

/**
 * Everything an executor is told. Built complete or not at all: the constructor reports every fault at once.
 *
 * @param environment what the process is for
 * @param adminHost address of the operators' port
 * @param adminPort 0 to 65535; 0 takes a free one
 * @param sandboxMode where guests run
 * @param warmUpRuns runs of {@link SelfCheck} before calls are taken, 1 to 100,000
 * @param workThreads threads for database reads of modules and usage, and as many for inspecting modules, 1 to 64
 * @param workQueue work waiting for each of them at most, 1 to 100,000
 * @param drainTimeout longest wait for calls in progress on shutdown, 0 s to 1 h
 */
public record ExecutorConfig(
        Environment environment,
        GrpcConfig grpc,
        String adminHost,
        int adminPort,
        DatabaseConfig database,
        AuthConfig auth,
        AdmissionConfig admission,
        EventsConfig events,
        SandboxMode sandboxMode,
        SandboxConfig sandbox,
        ProcessConfig sandboxProcesses,
        int warmUpRuns,
        ModulesConfig modules,
        RequestLimits requests,
        AdminConfig admin,
        CrashConfig crashes,
        ClaimsConfig claims,
        BatchConfig batches,
        ExportConfig exports,
        int workThreads,
        int workQueue,
        Duration drainTimeout) {
    /** What a process is for. */
    public enum Environment {
        PRODUCTION,
        DEVELOPMENT
    }

    /** Where guests run. */
    public enum SandboxMode {
        /** In processes of their own: what a guest breaks costs its run. */
        PROCESS,
        /** In the executor's: for trusted modules, and for tests. */
        IN_PROCESS
    }

    public ExecutorConfig {
        Problems problems = new Problems();
        grpc.check(problems);
        problems.require(!adminHost.isBlank(), "--admin-host must be a host name or an address");
        problems.requireRange("--admin-port", adminPort, 0, 65_535);
        database.check(problems);
        // Two more: the epoch poll, so that a revocation waits for nobody, and the health probe.
        int connections = auth.databaseThreads() + admission.databaseThreads() + workThreads + 2;
        problems.require(
                database.poolSize() >= connections,
                "--database-pool-size must be at least --auth-database-threads + --admission-database-threads +"
                        + " --work-threads + 2 = %s, was %s",
                connections,
                database.poolSize());
        auth.check(problems);
        admission.check(problems);
        events.check(problems);
        sandbox.check(problems);
        sandboxProcesses.check(problems);
        problems.requireRange("--warm-up-runs", warmUpRuns, 1, SelfCheck.MAX_RUNS);
        modules.check(problems);
        requests.check(problems);
        admin.check(problems);
        crashes.check(problems);
        claims.check(problems);
        batches.check(problems);
        problems.require(
                batches.bytes() / 4 >= requests.maxInputBytes(),
                "--batch-bytes must be at least four times --max-input-bytes, because one account may hold a quarter of it:"
                        + " was %s, with inputs of up to %s",
                batches.bytes(),
                requests.maxInputBytes());
        exports.check(problems);
        problems.require(
                modules.uploadBytes() / 4 >= requests.maxModuleBytes(),
                "--upload-buffer-bytes must be at least four times --max-module-bytes, because one account may hold a"
                        + " quarter of it: was %s, with modules of up to %s",
                modules.uploadBytes(),
                requests.maxModuleBytes());
        problems.require(
                modules.inspectionBytes() / 4 >= requests.maxModuleBytes(),
                "--inspection-buffer-bytes must be at least four times --max-module-bytes, because one account may hold a"
                        + " quarter of it: was %s, with modules of up to %s",
                modules.inspectionBytes(),
                requests.maxModuleBytes());
        problems.requireRange("--work-threads", workThreads, 1, 64);
        problems.requireRange("--work-queue", workQueue, 1, 100_000);
        problems.requireRange("--drain-timeout in ms", drainTimeout.toMillis(), 0, 3_600_000);
        problems.require(
                auth.required() || (environment == Environment.DEVELOPMENT && isLoopback(grpc.host())),
                "--auth-required=false is for development: it works only with --env=development and a loopback"
                        + " --grpc-host such as 127.0.0.1, not with --env=%s and --grpc-host=%s",
                environment.name().toLowerCase(java.util.Locale.ROOT),
                grpc.host());
        problems.check();
    }

    private static boolean isLoopback(String host) {
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                if (!address.isLoopbackAddress()) {
                    return false;
                }
            }
            return !host.isBlank();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
