package io.wasmwiz.executor.modules;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.sandbox.ModuleCode;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ModuleCacheTest {
    private final UUID account = UUID.randomUUID();
    private final AtomicLong nanos = new AtomicLong();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final ModuleCache cache =
            new ModuleCache(10_000, Duration.ofSeconds(60), nanos::get, metrics, new ModuleMetrics(metrics));
    private final AtomicInteger loads = new AtomicInteger();

    @Test
    void loadsOnceForAllWhoAskAtTheSameTime() {
        LoadedModule module = module(1, 100);
        CompletableFuture<@Nullable LoadedModule> load = new CompletableFuture<>();

        CompletionStage<@Nullable LoadedModule> first = get(module, load);
        CompletionStage<@Nullable LoadedModule> second = get(module, load);
        load.complete(module);

        assertThat(first.toCompletableFuture()).isCompletedWithValue(module);
        assertThat(second.toCompletableFuture()).isCompletedWithValue(module);
        assertThat(loads).hasValue(1);
    }

    @Test
    void keepsNeitherFailuresNorAbsences() {
        LoadedModule module = module(1, 100);

        assertThat(get(module, CompletableFuture.failedFuture(new IllegalStateException("away")))
                        .toCompletableFuture())
                .isCompletedExceptionally();
        assertThat(get(module, CompletableFuture.completedFuture(null)).toCompletableFuture())
                .isCompletedWithValue(null);
        assertThat(get(module, CompletableFuture.completedFuture(module)).toCompletableFuture())
                .isCompletedWithValue(module);
        assertThat(loads).hasValue(3);
    }

    @Test
    void doesNotKeepWhatWasForgottenWhileItWasLoaded() {
        LoadedModule module = module(1, 100);
        CompletableFuture<@Nullable LoadedModule> load = new CompletableFuture<>();
        CompletionStage<@Nullable LoadedModule> first = get(module, load);

        cache.forget(account, module.code().digest());
        load.complete(module);

        assertThat(first.toCompletableFuture()).isCompletedWithValue(module);
        assertThat(get(module, CompletableFuture.completedFuture(null)).toCompletableFuture())
                .isCompletedWithValue(null);
    }

    @Test
    void asksAgainAfterItsTime() {
        LoadedModule module = module(1, 100);
        cache.put(module);
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(61));

        assertThat(get(module, CompletableFuture.completedFuture(null)).toCompletableFuture())
                .isCompletedWithValue(null);
        assertThat(loads).hasValue(1);
    }

    @Test
    void keepsNoMoreBytesThanItMay() {
        LoadedModule large = module(1, 20_000);
        cache.put(large);

        assertThat(get(large, CompletableFuture.completedFuture(null)).toCompletableFuture())
                .isCompletedWithValue(null);
    }

    @Test
    void letsAnAccountDisplaceNoMoreThanAQuarter() {
        LoadedModule ofAnother = moduleOf(UUID.randomUUID(), 0, 1_000);
        cache.put(ofAnother);
        for (int i = 0; i < 50; i++) {
            cache.put(module(i, 500));
        }

        assertThat(cachedBytes()).isLessThanOrEqualTo(1_000 + 512 + 2_500);
        assertThat(isCached(ofAnother)).isTrue();
        assertThat(isCached(module(49, 500))).isTrue();
        assertThat(isCached(module(48, 500))).isTrue();
        assertThat(isCached(module(47, 500)))
                .as("the account's own oldest made room")
                .isFalse();
    }

    @Test
    void knowsHowManyBytesItHas() {
        cache.put(module(1, 100));
        cache.put(module(1, 100));
        cache.put(module(2, 200));
        assertThat(cachedBytes()).isEqualTo(100 + 200 + 2 * 512);

        cache.forget(account, module(1, 100).code().digest());
        assertThat(cachedBytes()).isEqualTo(200 + 512);

        cache.forget(account, module(2, 200).code().digest());
        assertThat(cachedBytes()).isZero();
    }

    private double cachedBytes() {
        return metrics.get("wasmwiz.modules.cached.bytes").gauge().value();
    }

    private boolean isCached(LoadedModule module) {
        return cache.get(
                                module.code().accountId(),
                                module.code().digest(),
                                () -> CompletableFuture.completedFuture(null))
                        .toCompletableFuture()
                        .join()
                != null;
    }

    @Test
    void keepsAccountsApart() {
        LoadedModule module = module(1, 100);
        cache.put(module);

        CompletionStage<@Nullable LoadedModule> ofAnother =
                cache.get(UUID.randomUUID(), module.code().digest(), () -> CompletableFuture.completedFuture(null));

        assertThat(ofAnother.toCompletableFuture()).isCompletedWithValue(null);
    }

    private CompletionStage<@Nullable LoadedModule> get(
            LoadedModule module, CompletionStage<@Nullable LoadedModule> load) {
        return cache.get(account, module.code().digest(), () -> {
            loads.incrementAndGet();
            return load;
        });
    }

    private LoadedModule module(int seed, int size) {
        return moduleOf(account, seed, size);
    }

    private static LoadedModule moduleOf(UUID account, int seed, int size) {
        byte[] bytes = new byte[size];
        bytes[0] = (byte) seed;
        return new LoadedModule(new ModuleCode(account, ModuleDigest.of(bytes), bytes), 1, Invocables.COMMAND);
    }
}
