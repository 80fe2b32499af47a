package io.wasmwiz.executor.modules;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.modules.ModuleStore.Keeping;
import io.wasmwiz.executor.modules.ModuleStore.Position;
import io.wasmwiz.executor.sandbox.ModuleCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every module store promises. */
abstract class ModuleStoreContract {
    private static final ModuleFindings FINDINGS = SampleFindings.FULL;

    abstract ModuleStore store();

    abstract UUID newAccount();

    @Test
    void keepsAModuleAndGivesItBack() {
        ModuleCode code = code(newAccount(), 1);

        Keeping keeping = store().keep(code, FINDINGS, "first", 10);

        assertThat(keeping).isInstanceOfSatisfying(Keeping.Kept.class, kept -> {
            assertThat(kept.alreadyExisted()).isFalse();
            assertThat(kept.module().name()).isEqualTo("first");
            assertThat(kept.module().sizeBytes()).isEqualTo(code.bytes().length);
            assertThat(kept.module().findings()).isEqualTo(FINDINGS);
            assertThat(store().find(code.accountId(), code.digest())).contains(kept.module());
        });
        assertThat(store().load(code.accountId(), code.digest())).hasValueSatisfying(loaded -> {
            assertThat(loaded.code().bytes()).isEqualTo(code.bytes());
            assertThat(loaded.memoryMinimumPages()).isEqualTo(2);
        });
    }

    @Test
    void keepsTheFirstTimeAndTheLabelWhenAModuleComesAgain() {
        ModuleCode code = code(newAccount(), 1);
        StoredModule first = kept(store().keep(code, FINDINGS, "label", 1));

        Keeping again = store().keep(code, FINDINGS, "", 1);
        Keeping renamed = store().keep(code, FINDINGS, "other", 1);

        assertThat(again).isEqualTo(new Keeping.Kept(first, true));
        assertThat(kept(renamed).name()).isEqualTo("other");
        assertThat(kept(renamed).createdAt()).isEqualTo(first.createdAt());
    }

    @Test
    void doesNotShowOneAccountTheModulesOfAnother() {
        ModuleCode code = code(newAccount(), 1);
        UUID other = newAccount();
        store().keep(code, FINDINGS, "", 10);

        assertThat(store().load(other, code.digest())).isEmpty();
        assertThat(store().find(other, code.digest())).isEmpty();
        assertThat(store().relabel(other, code.digest(), "mine")).isEmpty();
        assertThat(store().list(other, Optional.empty(), 10)).isEmpty();
        assertThat(store().delete(other, code.digest())).isFalse();
        assertThat(store().find(code.accountId(), code.digest())).isPresent();
    }

    @Test
    void deletesOnce() {
        ModuleCode code = code(newAccount(), 1);
        store().keep(code, FINDINGS, "", 10);

        assertThat(store().delete(code.accountId(), code.digest())).isTrue();
        assertThat(store().delete(code.accountId(), code.digest())).isFalse();
        assertThat(store().load(code.accountId(), code.digest())).isEmpty();
    }

    @Test
    void pagesThroughAllModulesNewestFirst() {
        UUID account = newAccount();
        IntStream.range(0, 7).forEach(i -> store().keep(code(account, i), FINDINGS, "m" + i, 10));

        List<String> names = new ArrayList<>();
        Optional<Position> after = Optional.empty();
        for (List<StoredModule> page = store().list(account, after, 3);
                !page.isEmpty();
                page = store().list(account, after, 3)) {
            page.forEach(module -> names.add(module.name()));
            StoredModule last = page.get(page.size() - 1);
            after = Optional.of(new Position(last.createdAt(), last.digest()));
        }

        assertThat(names).containsExactly("m6", "m5", "m4", "m3", "m2", "m1", "m0");
    }

    @Test
    void saysBeforehandWhetherAModuleWouldBeKept() {
        ModuleCode first = code(newAccount(), 1);
        ModuleCode second = code(first.accountId(), 2);
        ModuleCode ofAnother = code(newAccount(), 2);
        assertThat(store().hasRoomFor(first.accountId(), first.digest(), 1)).isTrue();

        store().keep(first, FINDINGS, "", 1);

        assertThat(store().hasRoomFor(second.accountId(), second.digest(), 1)).isFalse();
        assertThat(store().hasRoomFor(second.accountId(), second.digest(), 2)).isTrue();
        assertThat(store().hasRoomFor(first.accountId(), first.digest(), 1))
                .as("one that it has already")
                .isTrue();
        assertThat(store().hasRoomFor(ofAnother.accountId(), ofAnother.digest(), 1))
                .isTrue();
    }

    @Test
    void keepsNoMoreThanTheLimitHoweverManyComeAtOnce() {
        UUID account = newAccount();

        List<CompletableFuture<Keeping>> keepings = IntStream.range(0, 12)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> store().keep(code(account, i), FINDINGS, "", 5)))
                .toList();

        assertThat(keepings.stream().map(CompletableFuture::join).filter(Keeping.Kept.class::isInstance))
                .hasSize(5);
        assertThat(store().list(account, Optional.empty(), 100)).hasSize(5);
    }

    private static ModuleCode code(UUID account, int seed) {
        byte[] bytes = {0, 'a', 's', 'm', 1, 0, 0, 0, 0, (byte) 3, 1, 'x', (byte) seed};
        return new ModuleCode(account, ModuleDigest.of(bytes), bytes);
    }

    private static StoredModule kept(Keeping keeping) {
        return ((Keeping.Kept) keeping).module();
    }
}
