package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.auth.Caller;
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
    private volatile Instant admittedAt = ADMITTED_AT;
    private volatile long startByNanos = Long.MAX_VALUE / 2;

    public void refuses(Admission.Refused refused) {
        refusal = refused;
    }

    /** Whether the leases of permits from now on are open. */
    public void leaseOpen(boolean open) {
        leaseOpen = open;
    }

    /** The clock of leases says {@code now} from here on. */
    public void admitsAt(Instant now) {
        admittedAt = now;
    }

    /** Leases end at {@code nanos} from here on. */
    public void endsLeasesAt(long nanos) {
        startByNanos = nanos;
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
        Held permit = new Held(
                UUID.randomUUID(),
                UUID.randomUUID(),
                admittedAt,
                startByNanos,
                leaseOpen,
                new CopyOnWriteArrayList<>());
        permits.add(permit);
        return CompletableFuture.completedFuture(new Admission.Admitted(permit));
    }

    /** A permit that counts. */
    public record Held(
            UUID executionId,
            UUID leaseId,
            Instant admittedAt,
            long startByNanos,
            boolean isLeaseOpen,
            List<Use> releases)
            implements Permit {
        @Override
        public long quotaRemaining() {
            return 41;
        }

        @Override
        public void release(Use use) {
            releases.add(use);
        }
    }
}
