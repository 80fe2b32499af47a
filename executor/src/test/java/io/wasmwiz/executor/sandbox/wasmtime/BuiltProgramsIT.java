package io.wasmwiz.executor.sandbox.wasmtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.sandbox.ProgramsFixture;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Builds programs from source as this machine's toolchains do now, natively and for WASI, and compares what they print. */
class BuiltProgramsIT extends ProgramsFixture {
    private static final int TOOLS_ARE_MISSING = 69;

    @TempDir
    private Path built = Path.of("");

    @Override
    protected SandboxRuntime open(SandboxConfig config) {
        return WasmtimeSandbox.open(config, new SimpleMeterRegistry());
    }

    @ParameterizedTest
    @CsvSource({"words, words.in, the fox none, 0", "stock, stock.txt, '', 1"})
    void printsWhatTheNativeBuildPrints(String program, String input, String arguments, int exitCode)
            throws IOException, InterruptedException {
        build(program);

        assertPrints(built, built, program, input, arguments, exitCode);
    }

    private void build(String program) throws IOException, InterruptedException {
        Process build = new ProcessBuilder(PROGRAMS.resolve("build").toString(), "--into", built.toString(), program)
                .redirectErrorStream(true)
                .start();
        build.getOutputStream().close();
        String printed = new String(build.getInputStream().readAllBytes(), UTF_8);
        assertThat(build.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assumeTrue(build.exitValue() != TOOLS_ARE_MISSING, printed);
        assertThat(build.exitValue()).as(printed).isZero();
    }
}
