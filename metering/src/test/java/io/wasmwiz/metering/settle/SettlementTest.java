package io.wasmwiz.metering.settle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.metering.EventFixture;
import io.wasmwiz.metering.event.DeadReason;
import io.wasmwiz.metering.event.Decoded;
import io.wasmwiz.metering.event.LogEntry;
import io.wasmwiz.metering.event.UsageEvent;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SettlementTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final LocalDate DAY = LocalDate.of(2026, 3, 1);
    private static final UUID ACCOUNT = new UUID(0, 1);
    private static final UUID OTHER_ACCOUNT = new UUID(0, 2);
    private static final UUID LEASE = new UUID(0, 10);
    private static final CounterKey COUNTER = new CounterKey(ACCOUNT, "Free", DAY);

    private long offset;

    @Test
    void chargesAnOpenLease() {
        Settlement settlement = settle(List.of(lease(5, 2)), entry(event(ACCOUNT, "Free", LEASE, true)));

        assertThat(settlement.rows()).singleElement().matches(LedgerRow::isCharged);
        assertThat(settlement.leaseChanges()).containsExactly(new LeaseChange(LEASE, 3, false));
        assertThat(settlement.counters()).containsExactly(Map.entry(COUNTER, new CounterChange(1, 0, 1)));
    }

    @Test
    void doesNotChargeWhatDoesNotAsk() {
        Settlement settlement = settle(List.of(lease(5, 0)), entry(event(ACCOUNT, "Free", LEASE, false)));

        assertThat(causes(settlement)).containsExactly(UnchargedCause.NOT_CHARGEABLE);
        assertThat(settlement.leaseChanges()).isEmpty();
        assertThat(settlement.counters()).containsExactly(Map.entry(COUNTER, new CounterChange(0, 0, 1)));
    }

    @Test
    void chargesNoMoreThanTheSize() {
        Settlement settlement = settle(
                List.of(lease(2, 1)),
                entry(event(ACCOUNT, "Free", LEASE, true)),
                entry(event(ACCOUNT, "Free", LEASE, true)));

        assertThat(causes(settlement)).containsExactly(null, UnchargedCause.LATE);
        assertThat(settlement.charged()).isEqualTo(1);
        assertThat(settlement.late()).isEqualTo(1);
    }

    @Test
    void chargesALeaseOfTheSameAccountTierAndDayOnly() {
        Lease lease = lease(5, 0);
        Lease yesterday = new Lease(new UUID(0, 11), ACCOUNT, "Free", DAY.minusDays(1), 5, 0, false);
        Settlement settlement = settle(
                List.of(lease, yesterday),
                entry(event(OTHER_ACCOUNT, "Free", LEASE, true)),
                entry(event(ACCOUNT, "Pro", LEASE, true)),
                entry(event(ACCOUNT, "Free", yesterday.id(), true)),
                entry(event(ACCOUNT, "Free", new UUID(0, 99), true)),
                entry(event(ACCOUNT, "Free", null, true)));

        assertThat(causes(settlement)).hasSize(5).containsOnly(UnchargedCause.LATE);
        assertThat(settlement.leaseChanges()).isEmpty();
    }

    @Test
    void returnsWhatALeaseDidNotCharge() {
        Settlement settlement =
                settle(List.of(lease(5, 2)), entry(event(ACCOUNT, "Free", LEASE, true)), entry(close(ACCOUNT, LEASE)));

        assertThat(settlement.leaseChanges()).containsExactly(new LeaseChange(LEASE, 3, true));
        assertThat(settlement.counters()).containsExactly(Map.entry(COUNTER, new CounterChange(1, 2, 1)));
        assertThat(settlement.leasesSettled()).isEqualTo(1);
    }

    @Test
    void chargesNothingAfterTheClose() {
        Settlement settlement =
                settle(List.of(lease(5, 0)), entry(close(ACCOUNT, LEASE)), entry(event(ACCOUNT, "Free", LEASE, true)));

        assertThat(causes(settlement)).containsExactly(UnchargedCause.LATE);
        assertThat(settlement.counters()).containsExactly(Map.entry(COUNTER, new CounterChange(0, 5, 1)));
    }

    @Test
    void settlesALeaseOnce() {
        Lease closed = new Lease(new UUID(0, 11), ACCOUNT, "Free", DAY, 5, 1, true);
        Settlement settlement = settle(
                List.of(lease(5, 0), closed),
                entry(close(ACCOUNT, LEASE)),
                entry(close(ACCOUNT, LEASE)),
                entry(close(ACCOUNT, closed.id())));

        assertThat(settlement.counters()).containsExactly(Map.entry(COUNTER, new CounterChange(0, 5, 0)));
        assertThat(settlement.leaseChanges()).containsExactly(new LeaseChange(LEASE, 0, true));
        assertThat(settlement.leaseClosesRepeated()).isEqualTo(2);
    }

    @Test
    void ignoresTheCloseOfAnUnknownOrForeignLease() {
        Settlement settlement = settle(
                List.of(lease(5, 0)), entry(close(ACCOUNT, new UUID(0, 99))), entry(close(OTHER_ACCOUNT, LEASE)));

        assertThat(settlement.counters()).isEmpty();
        assertThat(settlement.leaseChanges()).isEmpty();
        assertThat(settlement.leaseClosesUnknown()).isEqualTo(2);
    }

    @Test
    void skipsDuplicatesBeforeAskingWhetherTheyAreLate() {
        UsageEvent onLedger = event(ACCOUNT, "Free", LEASE, true);
        UsageEvent twice = event(ACCOUNT, "Free", LEASE, true);
        Settlement settlement = Settlement.of(
                List.of(entry(onLedger), entry(twice), entry(close(ACCOUNT, LEASE)), entry(twice)),
                List.of(lease(5, 0)),
                Set.of(onLedger.executionId()));

        assertThat(settlement.duplicates()).isEqualTo(2);
        assertThat(settlement.rows()).hasSize(1);
        assertThat(settlement.counters()).containsExactly(Map.entry(COUNTER, new CounterChange(1, 4, 1)));
    }

    @Test
    void chargesARequestOnceHoweverOftenItRanBefore() {
        UUID id = EventFixture.idAt(NOW);
        Lease closed = new Lease(new UUID(0, 11), ACCOUNT, "Free", DAY, 5, 1, true);
        Settlement settlement = settle(
                List.of(lease(5, 0), closed),
                entry(request(id, LEASE, false)),
                entry(request(id, closed.id(), true)),
                entry(request(id, LEASE, true)),
                entry(request(id, LEASE, true)),
                entry(request(id, LEASE, false)));

        assertThat(causes(settlement)).containsExactly(UnchargedCause.NOT_CHARGEABLE, UnchargedCause.LATE, null);
        assertThat(settlement.rows().get(2).id()).isEqualTo(id);
        assertThat(settlement.rows()).extracting(LedgerRow::id).doesNotHaveDuplicates();
        assertThat(settlement.duplicates()).isEqualTo(2);
        assertThat(settlement.counters()).containsExactly(Map.entry(COUNTER, new CounterChange(1, 0, 3)));
    }

    @Test
    void chargesAnItemOfAClaimedBatchOnceHoweverOftenItRanBefore() {
        UUID id = EventFixture.idAt(NOW);
        Settlement settlement = settle(
                List.of(lease(5, 0)),
                entry(item(id, false)),
                entry(item(id, true)),
                entry(item(id, true)),
                entry(item(id, false)));

        assertThat(causes(settlement)).containsExactly(UnchargedCause.NOT_CHARGEABLE, null);
        assertThat(settlement.rows().get(0).isAttempt()).isTrue();
        assertThat(settlement.rows().get(1).id()).isEqualTo(id);
        assertThat(settlement.duplicates()).isEqualTo(2);
        assertThat(settlement.counters()).containsExactly(Map.entry(COUNTER, new CounterChange(1, 0, 2)));
    }

    @Test
    void changesNothingWhenUnchargedRunsOfARequestAreReadAgain() {
        UUID id = EventFixture.idAt(NOW);
        List<LogEntry> log = List.of(entry(request(id, LEASE, false)), entry(request(id, LEASE, false)));
        Settlement first = Settlement.of(log, List.of(lease(5, 0)), Set.of());
        Set<UUID> onLedger = new HashSet<>();
        first.rows().forEach(row -> onLedger.add(row.id()));

        Settlement again = Settlement.of(log, List.of(lease(5, 0)), onLedger);

        assertThat(first.rows()).hasSize(2).allMatch(LedgerRow::isAttempt);
        assertThat(again.rows()).isEmpty();
        assertThat(again.counters()).isEmpty();
    }

    @Test
    void givesAnUnchargedRunOfARequestAnIdOfTheSameTimeFromItsPlaceInTheLog() {
        UUID execution = EventFixture.idAt(NOW);

        UUID id = AttemptId.of(execution, 1, 7);

        assertThat(id).isNotEqualTo(execution).isEqualTo(AttemptId.of(execution, 1, 7));
        assertThat(id.version()).isEqualTo(7);
        assertThat(id.variant()).isEqualTo(2);
        assertThat(id.getMostSignificantBits() >>> 16).isEqualTo(NOW.toEpochMilli());
        assertThat(AttemptId.of(execution, 1, 8)).isNotEqualTo(id);
        assertThat(AttemptId.of(execution, 2, 7)).isNotEqualTo(id);
    }

    @Test
    void remembersTheNewestUseOfAKey() {
        UUID key = new UUID(0, 20);
        Settlement settlement = settle(
                List.of(),
                entry(event(ACCOUNT, key, NOW)),
                entry(event(ACCOUNT, key, NOW.plusSeconds(9))),
                entry(event(ACCOUNT, key, NOW.plusSeconds(3))));

        assertThat(settlement.lastUsed()).containsExactly(Map.entry(key, NOW.plusSeconds(9)));
    }

    @Test
    void passesDeadRecordsThrough() {
        LogEntry dead = entry(new Decoded.Dead(DeadReason.MALFORMED, "no"));
        Settlement settlement = settle(List.of(), dead);

        assertThat(settlement.dead()).containsExactly(dead);
        assertThat(settlement.rows()).isEmpty();
    }

    @Test
    void refusesToSkipARecordOfANewerSchema() {
        assertThatThrownBy(() -> settle(List.of(), entry(new Decoded.NewerSchema("kind 3"))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void namesTheLeasesThatItNeeds() {
        assertThat(Settlement.leasesNamed(List.of(
                        entry(event(ACCOUNT, "Free", LEASE, true)),
                        entry(event(ACCOUNT, "Free", new UUID(0, 11), false)),
                        entry(event(ACCOUNT, "Free", null, true)),
                        entry(close(ACCOUNT, new UUID(0, 12))))))
                .containsExactlyInAnyOrder(LEASE, new UUID(0, 12));
    }

    /** Random histories, cut into random batches, against a model that applies each record by itself. */
    @Test
    void agreesWithASimpleModelHoweverTheLogIsCut() {
        for (long seed = 1; seed <= 500; seed++) {
            new History(new Random(seed)).check("seed " + seed);
        }
    }

    private static Settlement settle(List<Lease> leases, LogEntry... entries) {
        return Settlement.of(Arrays.asList(entries), leases, Set.of());
    }

    private static List<@Nullable UnchargedCause> causes(Settlement settlement) {
        List<@Nullable UnchargedCause> causes = new ArrayList<>();
        settlement.rows().forEach(row -> causes.add(row.unchargedCause()));
        return causes;
    }

    private static Lease lease(long size, long charged) {
        return new Lease(LEASE, ACCOUNT, "Free", DAY, size, charged, false);
    }

    private LogEntry entry(UsageEvent event) {
        return entry(new Decoded.Execution(event));
    }

    private LogEntry entry(Decoded decoded) {
        return new LogEntry(0, offset++, null, null, decoded);
    }

    private static Decoded close(UUID account, UUID lease) {
        return new Decoded.LeaseClosed(lease, account);
    }

    private static UsageEvent event(UUID account, String tier, @Nullable UUID lease, boolean asksCharge) {
        return event(EventFixture.idAt(NOW), account, null, tier, lease, null, asksCharge, NOW);
    }

    private static UsageEvent request(UUID id, @Nullable UUID lease, boolean asksCharge) {
        return event(id, ACCOUNT, null, "Free", lease, new UUID(0, 30), asksCharge, NOW);
    }

    private static UsageEvent item(UUID id, boolean asksCharge) {
        return event(id, ACCOUNT, null, "Free", LEASE, null, new UUID(0, 40), asksCharge, NOW);
    }

    private static UsageEvent event(UUID account, UUID key, Instant at) {
        return event(EventFixture.idAt(NOW), account, key, "Free", null, null, false, at);
    }

    private static UsageEvent event(
            UUID id,
            UUID account,
            @Nullable UUID key,
            String tier,
            @Nullable UUID lease,
            @Nullable UUID request,
            boolean asksCharge,
            Instant at) {
        return event(id, account, key, tier, lease, request, null, asksCharge, at);
    }

    private static UsageEvent event(
            UUID id,
            UUID account,
            @Nullable UUID key,
            String tier,
            @Nullable UUID lease,
            @Nullable UUID request,
            @Nullable UUID batch,
            boolean asksCharge,
            Instant at) {
        return new UsageEvent(
                id,
                DAY,
                account,
                key,
                new byte[32],
                tier,
                1,
                lease,
                request,
                batch,
                null,
                "completed",
                OptionalInt.of(0),
                null,
                at,
                1,
                1,
                1,
                1,
                1,
                1,
                1,
                true,
                false,
                false,
                asksCharge);
    }

    /** One account's log, and what the ledger must be after any part of it. */
    private static final class History {
        private final Random random;
        private final List<Decoded> log = new ArrayList<>();
        private final Map<UUID, Long> sizes = new HashMap<>();

        private History(Random random) {
            this.random = random;
            int leases = 1 + random.nextInt(4);
            for (int i = 0; i < leases; i++) {
                sizes.put(new UUID(1, i), 1L + random.nextInt(6));
            }
            List<UUID> ids = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                UUID lease = new UUID(1, random.nextInt(leases + 1));
                if (random.nextInt(8) == 0) {
                    log.add(close(ACCOUNT, lease));
                } else {
                    UUID id = !ids.isEmpty() && random.nextInt(5) == 0
                            ? ids.get(random.nextInt(ids.size()))
                            : EventFixture.idAt(NOW);
                    ids.add(id);
                    log.add(new Decoded.Execution(
                            event(id, ACCOUNT, null, "Free", lease, requestOf(id), random.nextInt(6) != 0, NOW)));
                }
            }
        }

        /** Half of the executions belong to a request id. */
        private static @Nullable UUID requestOf(UUID id) {
            return (id.getLeastSignificantBits() & 1) == 0 ? null : new UUID(id.getLeastSignificantBits(), 1);
        }

        private void check(String seed) {
            Model model = new Model(sizes);
            Map<UUID, Lease> leases = new HashMap<>();
            sizes.forEach((id, size) -> leases.put(id, new Lease(id, ACCOUNT, "Free", DAY, size, 0, false)));
            Set<UUID> onLedger = new HashSet<>();
            long held = sizes.values().stream().mapToLong(Long::longValue).sum();
            long charged = 0;
            long executions = 0;
            for (int at = 0; at < log.size(); ) {
                int end = Math.min(log.size(), at + 1 + random.nextInt(10));
                List<LogEntry> batch = new ArrayList<>();
                for (; at < end; at++) {
                    batch.add(new LogEntry(0, at, null, null, log.get(at)));
                    model.apply(log.get(at));
                }
                Settlement settlement = Settlement.of(batch, leases.values(), onLedger);
                settlement.rows().forEach(row -> onLedger.add(row.id()));
                for (LeaseChange change : settlement.leaseChanges()) {
                    leases.computeIfPresent(
                            change.leaseId(),
                            (id, old) -> new Lease(
                                    id,
                                    ACCOUNT,
                                    "Free",
                                    DAY,
                                    old.size(),
                                    change.charged(),
                                    old.closed() || change.closes()));
                }
                CounterChange change = settlement.counters().getOrDefault(COUNTER, CounterChange.NONE);
                charged += change.charged();
                held -= change.released();
                executions += change.executions();

                assertThat(charged).as(seed).isEqualTo(model.charged());
                assertThat(held).as(seed).isEqualTo(model.held());
                assertThat(executions).as(seed).isEqualTo(model.rows);
                assertThat(charged).as(seed).isLessThanOrEqualTo(held);
                assertThat(leases.values()).as(seed).allMatch(lease -> lease.charged() <= lease.size());
            }
        }
    }

    /** The rules again, in the plainest words: sums over leases, no increments. */
    private static final class Model {
        private final Map<UUID, Long> sizes;
        private final Map<UUID, Long> charged = new HashMap<>();
        private final Set<UUID> closed = new HashSet<>();
        private final Set<UUID> seen = new HashSet<>();
        private long rows;

        private Model(Map<UUID, Long> sizes) {
            this.sizes = sizes;
        }

        private void apply(Decoded decoded) {
            if (decoded instanceof Decoded.LeaseClosed close) {
                closed.add(close.leaseId());
            } else if (decoded instanceof Decoded.Execution execution
                    && !seen.contains(execution.event().executionId())) {
                rows++;
                UUID lease = execution.event().leaseId();
                long used = charged.getOrDefault(lease, 0L);
                boolean pays = execution.event().asksCharge()
                        && sizes.containsKey(lease)
                        && !closed.contains(lease)
                        && used < sizes.getOrDefault(lease, 0L);
                if (pays) {
                    charged.put(lease, used + 1);
                }
                if (pays || execution.event().requestId() == null) {
                    seen.add(execution.event().executionId());
                }
            }
        }

        private long charged() {
            return charged.values().stream().mapToLong(Long::longValue).sum();
        }

        private long held() {
            return sizes.entrySet().stream()
                    .mapToLong(lease -> closed.contains(lease.getKey())
                            ? charged.getOrDefault(lease.getKey(), 0L)
                            : lease.getValue())
                    .sum();
        }
    }
}
