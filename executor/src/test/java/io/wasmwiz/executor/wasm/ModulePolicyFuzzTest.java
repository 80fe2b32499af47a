package io.wasmwiz.executor.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.wasmwiz.executor.modules.ModuleInspection;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class ModulePolicyFuzzTest {
    private static final int MUTANTS = 200_000;

    private final ModulePolicy policy = new ModulePolicy(ModulePolicyConfig.DEFAULTS);

    @Test
    void refusesEveryTruncation() {
        for (byte[] seed : Mutations.WRITTEN) {
            for (int length = 0; length < seed.length; length++) {
                byte[] cut = Arrays.copyOf(seed, length);
                assertThat(policy.inspect(cut))
                        .describedAs("first %d bytes", length)
                        .isInstanceOf(ModuleInspection.Refused.class);
            }
            assertThat(policy.inspect(seed)).isInstanceOf(ModuleInspection.Accepted.class);
        }
    }

    @Test
    void neverThrowsAndAgreesWithTheRewrite() {
        long seed = Long.getLong("wasmwiz.fuzz.seed", 20_261_120);
        var random = new Random(seed);
        int accepted = 0;
        for (int i = 0; i < MUTANTS; i++) {
            byte[] mutant = Mutations.mutant(random);
            try {
                ModuleInspection inspection = policy.inspect(mutant);
                if (inspection instanceof ModuleInspection.Refused no) {
                    assertThat(no.reason()).matches("MODULE_[A-Z_]+");
                    assertThat(no.message()).hasSizeBetween(10, 1_024);
                    assertThat(no.figures().values())
                            .allSatisfy(figure -> assertThat(figure).hasSizeBetween(1, 128));
                } else {
                    accepted++;
                    SandboxRewrite.rewrite(mutant, ModulePolicyConfig.DEFAULTS, new byte[16]);
                }
            } catch (RuntimeException
                    | AssertionError
                    | StackOverflowError
                    | OutOfMemoryError
                    | ModuleRefusedException e) {
                fail("seed " + seed + " mutant " + i + ": " + HexFormat.of().formatHex(mutant), e);
            }
        }
        assertThat(accepted).describedAs("seed %d", seed).isPositive().isLessThan(MUTANTS);
    }

    @Test
    void takesTimeInProportionToSize() {
        // As many empty blocks, or vectors of branch targets, as a body may hold: nothing here may be quadratic.
        var nested = new WasmWriter(1 << 20);
        for (int i = 0; i < 150_000; i++) {
            nested.bytes(0x02, 0x40);
        }
        for (int i = 0; i <= 150_000; i++) {
            nested.bytes(0x0b);
        }
        byte[] body = nested.toByteArray();
        var code = new WasmWriter(body.length + 16)
                .u32(1)
                .sized(new WasmWriter(body.length).bytes(0).copy(body, 0, body.length));
        byte[] module = new WasmWriter(body.length + 64)
                .bytes(0, 'a', 's', 'm', 1, 0, 0, 0)
                .section(1, new WasmWriter(4).bytes(1, 0x60, 0, 0))
                .section(3, new WasmWriter(4).bytes(1, 0))
                .section(7, new WasmWriter(16).u32(1).name("_start").bytes(0, 0))
                .section(10, code)
                .toByteArray();

        Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> assertThat(policy.inspect(module)).isInstanceOf(ModuleInspection.Accepted.class));
    }
}
