package io.wasmwiz.executor.sandbox.wasmtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import io.wasmwiz.executor.wasm.CompileBombs;
import io.wasmwiz.executor.wasm.ModulePolicyConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The hardest functions that the policy lets through, compiled in a JVM of their own: the engine's faults would end it. */
class CompileBombsIT {
    private static final long PATIENCE_MINUTES = 10;

    @TempDir
    private Path directory;

    @Test
    void compilesOrRefusesTheHardestFunctionsThatThePolicyTakes() throws Exception {
        Path log = directory.resolve("log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-Djava.library.path=" + System.getProperty("java.library.path"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Compiling.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).as(Files.readString(log)).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    /** Compiles one after the other and says which, for the log. */
    static final class Compiling {
        public static void main(String[] args) {
            Map<String, byte[]> bombs = CompileBombs.ofWork(ModulePolicyConfig.DEFAULTS.maxWork() * 9 / 10);
            try (WasmtimeSandbox sandbox = WasmtimeSandbox.open(
                    new SandboxConfig(1, new QueueConfig(10, 10, Duration.ofMinutes(5)), Duration.ofMillis(5)),
                    new SimpleMeterRegistry())) {
                bombs.forEach((shape, module) -> {
                    long start = System.nanoTime();
                    Compilation compilation = sandbox.compile(
                                    new ModuleCode(new UUID(1, 1), ModuleDigest.of(module), module))
                            .toCompletableFuture()
                            .join();
                    System.out.println(shape + ": " + compilation + " after "
                            + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) + " ms");
                    if (compilation instanceof Compilation.Unavailable) {
                        throw new AssertionError(shape);
                    }
                });
            }
        }

        private Compiling() {}
    }
}
