package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.auth.Caller;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Admits everybody until told otherwise, and remembers each permit and every time that one was given back. Thread-safe. */
public final class CountingAdmission implements AdmissionControl {
    public static final Instant ADMITTED_AT = Instant.parse("2026-03-01T12:00:00.123456Z");

    private final List<Held> permits = new CopyOnWriteArrayList<>();
    private volatile boolean leaseOpen = true;
    private volatile Admission.@Nullable Refused refusal;

    public void refuses(Admission.Refused refused) {
        refusal = refused;
    }

    /** Whether the leases of permits from now on are open. */
    public void leaseOpen(boolean open) {
        leaseOpen = open;
    }

    public List<Held> permits() {
        return List.copyOf(permits);
    }

    @Override
    public CompletionStage<Admission> admit(Caller caller) {
        Admission.Refused refused = refusal;
        if (refused != null) {
            return CompletableFuture.completedFuture(refused);
        }
        Held permit = new Held(UUID.randomUUID(), UUID.randomUUID(), leaseOpen, new CopyOnWriteArrayList<>());
        permits.add(permit);
        return CompletableFuture.completedFuture(new Admission.Admitted(permit));
    }

    /** A permit that counts. */
    public record Held(UUID executionId, UUID leaseId, boolean isLeaseOpen, List<Use> releases) implements Permit {
        @Override
        public Instant admittedAt() {
            return ADMITTED_AT;
        }

        @Override
        public long quotaRemaining() {
            return 41;
        }

        @Override
        public long startByNanos() {
            return System.nanoTime() + Duration.ofMinutes(5).toNanos();
        }

        @Override
        public void release(Use use) {
            releases.add(use);
        }
    }
}
