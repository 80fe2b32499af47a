package io.wasmwiz.local.chaos;

import io.wasmwiz.embedded.EmbeddedServerException;
import io.wasmwiz.local.cluster.Backlog;
import io.wasmwiz.local.cluster.Cluster;
import io.wasmwiz.local.cluster.ClusterSize;
import io.wasmwiz.local.cluster.Member;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.metering.reconcile.ReconcileCommand;
import io.wasmwiz.migrations.ServiceRole;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;
import picocli.CommandLine;

/** One run against a cluster that serves: load and faults, then the wait, then the proof. One use. */
final class ChaosRun {
    private static final Duration RECOVERY_LIMIT = Duration.ofSeconds(120);
    private static final Duration BACKLOG_LIMIT = Duration.ofSeconds(180);
    private static final Duration CALM = Duration.ofSeconds(2);
    private static final int HISTORIES_AT_MOST = 5;
    private static final int CALLS_BEYOND_LIMIT = 5;
    private static final Duration SPEND_LIMIT = Duration.ofSeconds(150);
    private static final long SPEND_PAUSE_MILLIS = 10;

    private static final String CHARGED = """
            SELECT user_id AS account, execution_id, request_id, input_bytes FROM usage_logs
            WHERE charged AND user_id = ANY(:accounts)
            """;
    private static final String CHARGED_TODAY =
            "SELECT coalesce(sum(charged), 0) FROM daily_tier_counters WHERE user_id = :account";

    private final Cluster cluster;
    private final ClusterSize size;
    private final List<Fault> schedule;
    private final Duration duration;
    private final Progress progress;
    private final Jdbi owner;
    private final Verdict verdict = new Verdict();

    ChaosRun(Cluster cluster, ClusterSize size, List<Fault> schedule, Duration duration, Progress progress) {
        this.cluster = cluster;
        this.size = size;
        this.schedule = schedule;
        this.duration = duration;
        this.progress = progress;
        this.owner = cluster.database().owner();
    }

    /** Calls while the schedule runs, then spends the small allowance and proves. The accounts' calls are all from here. */
    Verdict run(Loads loads) throws Exception {
        LocalDate day = LocalDate.now(ZoneOffset.UTC);
        Instant begun;
        FaultInjector injector = new FaultInjector(cluster, loads.flood());
        try (Watch watch = Watch.open(cluster)) {
            loads.steady().forEach(Load::begin);
            begun = Instant.now();
            injector.run(schedule, duration);
            progress.say("faults", injector.done());
            recover();
            Thread.sleep(CALM.toMillis());
            for (Load load : loads.all()) {
                load.finish();
            }
            checkBacklog("before the last demand");
            spend(loads.small());
            checkBacklog("at the end");
            List<String> overshot = watch.overshot();
            verdict.check(
                    "charged ≤ held ≤ limit at each of %d looks".formatted(watch.looks()),
                    overshot.isEmpty() && watch.looks() > 0,
                    String.join("; ", overshot));
            watch.memory().check(size, cluster.members(), verdict);
        } catch (EmbeddedServerException e) {
            verdict.check("every process comes back", false, String.valueOf(e.getMessage()));
            return verdict;
        }
        checkLimit(loads.small(), day);
        checkCalls(loads, begun);
        reconcile();
        return verdict;
    }

    /** Waits until everything serves. A process that gave up meanwhile is started again, as whatever runs a service does. */
    private void recover() throws InterruptedException {
        long deadline = System.nanoTime() + RECOVERY_LIMIT.toNanos();
        for (Member member : cluster.members()) {
            while (true) {
                try {
                    Cluster.awaitReady(member, Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
                    break;
                } catch (EmbeddedServerException e) {
                    if (member.isAlive() || System.nanoTime() > deadline) {
                        throw e;
                    }
                    progress.say("started again", member.name() + ", which had ended by itself");
                    member.start();
                }
            }
        }
    }

    private void checkBacklog(String when) throws Exception {
        String left = new Backlog(cluster).await(BACKLOG_LIMIT);
        verdict.check("no lease left and no partition behind " + when, left.isEmpty(), left);
    }

    /** Demand goes on until the day is spent, and a little beyond. */
    private void spend(TenantLoad small) throws InterruptedException {
        long deadline = System.nanoTime() + SPEND_LIMIT.toNanos();
        while (chargedToday(small.tenant()) < small.tenant().dailyLimit() && System.nanoTime() < deadline) {
            small.call();
            small.awaitCalls();
            Thread.sleep(SPEND_PAUSE_MILLIS);
        }
        for (int made = 0; made < CALLS_BEYOND_LIMIT; made++) {
            small.call();
        }
        small.awaitCalls();
    }

    private long chargedToday(Tenant tenant) {
        return owner.withHandle(handle -> handle.createQuery(CHARGED_TODAY)
                .bind("account", tenant.account())
                .mapTo(Long.class)
                .one());
    }

    private void checkLimit(TenantLoad small, LocalDate day) {
        long charged = chargedToday(small.tenant());
        if (LocalDate.now(ZoneOffset.UTC).equals(day)) {
            verdict.check(
                    "a day's allowance of %d is spent to the last unit"
                            .formatted(small.tenant().dailyLimit()),
                    charged == small.tenant().dailyLimit(),
                    "charged " + charged);
        } else {
            progress.say("not checked", "the small allowance: midnight UTC came in between");
        }
    }

    private void checkCalls(Loads loads, Instant begun) {
        List<Call> calls = loads.calls();
        List<ChargedRow> rows = owner.withHandle(handle -> handle.createQuery(CHARGED)
                .bindArray("accounts", UUID.class, loads.accounts())
                .registerRowMapper(ConstructorMapper.factory(ChargedRow.class))
                .mapTo(ChargedRow.class)
                .list());
        Map<String, Long> ends = calls.stream()
                .collect(Collectors.groupingBy(
                        call -> call.end() + " " + call.detail(), TreeMap::new, Collectors.counting()));
        progress.say("calls", calls.size());
        ends.forEach((end, count) -> progress.say("  " + count, end));
        progress.say("charged rows", rows.size());
        progress.say(
                "cut batch streams",
                loads.batches().stream().mapToLong(BatchLoad::cuts).sum());
        checkBatches(loads.batches());
        List<String> blamed = CallCheck.blamed(loads.refusals());
        verdict.check("no caller is blamed for what went wrong", blamed.isEmpty(), String.join(", ", blamed));
        List<CallCheck.Offence> offences = CallCheck.offences(calls, rows);
        verdict.check(
                "acknowledged ⊆ charged ⊆ acknowledged ∪ unknown, none twice",
                offences.isEmpty() && !rows.isEmpty(),
                offences.isEmpty() ? "" : offences.size() + " offences");
        offences.stream().limit(HISTORIES_AT_MOST).forEach(offence -> {
            progress.line("offence: " + offence.what());
            History.of(offence.executionId(), owner, calls, schedule, begun)
                    .forEach(line -> progress.line("  " + line));
        });
    }

    private void checkBatches(List<BatchLoad> batches) {
        List<Call> items =
                batches.stream().flatMap(load -> load.calls().stream()).toList();
        long without =
                items.stream().filter(item -> item.end() == Call.End.UNKNOWN).count();
        long surplus = batches.stream().mapToLong(BatchLoad::surplus).sum();
        verdict.check(
                "every batch item has its one result",
                without == 0 && surplus == 0 && !items.isEmpty(),
                "%d items, %d without, %d too many".formatted(items.size(), without, surplus));
    }

    private void reconcile() {
        StringWriter report = new StringWriter();
        int exitCode = new CommandLine(new ReconcileCommand())
                .setOut(new PrintWriter(report))
                .setErr(new PrintWriter(report))
                .execute(
                        "--database-url=" + cluster.database().url(ServiceRole.READER),
                        "--kafka-bootstrap-servers=" + cluster.bootstrapServers(),
                        "--max-findings=20");
        verdict.check("the books reconcile", exitCode == 0, report.toString().strip());
    }
}
