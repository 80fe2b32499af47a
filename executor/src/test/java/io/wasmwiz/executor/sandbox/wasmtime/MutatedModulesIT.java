package io.wasmwiz.executor.sandbox.wasmtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.modules.ModuleInspection;
import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxFixture;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.wasm.ModulePolicy;
import io.wasmwiz.executor.wasm.ModulePolicyConfig;
import io.wasmwiz.executor.wasm.Mutations;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What passes the policy is either compiled and run or refused by the engine; nothing brings the process down. */
class MutatedModulesIT extends SandboxFixture {
    private static final int MUTANTS = 600;
    private static final RunLimits SHORT = new RunLimits(Duration.ofMillis(20), 8, 100, 100);

    @Override
    protected SandboxRuntime open(SandboxConfig config) {
        return WasmtimeSandbox.open(config, new SimpleMeterRegistry());
    }

    @Test
    void takesOrRefusesWhatThePolicyAccepts() {
        long seed = Long.getLong("wasmwiz.fuzz.seed", 20_261_120);
        var random = new Random(seed);
        var policy = new ModulePolicy(ModulePolicyConfig.DEFAULTS);
        int compiled = 0;
        for (int found = 0; found < MUTANTS; ) {
            byte[] mutant = Mutations.mutant(random);
            if (policy.inspect(mutant) instanceof ModuleInspection.Refused) {
                continue;
            }
            found++;
            String what = "seed " + seed + ": " + HexFormat.of().formatHex(mutant);
            Compilation compilation = compile(mutant);
            assertThat(compilation).describedAs(what).isNotInstanceOf(Compilation.Unavailable.class);
            if (compilation instanceof Compilation.Compiled) {
                compiled++;
                RunResult result = result(run(mutant, SHORT));
                if (result instanceof RunResult.Ran ran) {
                    assertThat(ran.end()).describedAs(what).isNotInstanceOf(RunResult.End.Crashed.class);
                } else {
                    assertThat(((RunResult.Refused) result).cause())
                            .describedAs(what)
                            .isEqualTo(RunResult.Cause.MODULE_REJECTED);
                }
            }
        }
        assertThat(compiled).describedAs("seed %d", seed).isPositive();
    }
}
