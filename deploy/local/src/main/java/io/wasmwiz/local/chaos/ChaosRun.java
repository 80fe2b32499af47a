package io.wasmwiz.local.chaos;

import io.wasmwiz.embedded.EmbeddedServerException;
import io.wasmwiz.local.cluster.Backlog;
import io.wasmwiz.local.cluster.Cluster;
import io.wasmwiz.local.cluster.ClusterSize;
import io.wasmwiz.local.cluster.Member;
import io.wasmwiz.local.cluster.Role;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.metering.reconcile.ReconcileCommand;
import io.wasmwiz.migrations.ServiceRole;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
    private static final int REFUSALS_IN_A_ROW = 5;
    private static final int CALLS_TO_SPEND_AT_MOST = 20_000;

    /** What a Java process takes beside its heap. */
    private static final int BESIDE_HEAP_MIB = 400;

    private static final String CHARGED =
            "SELECT user_id AS account, execution_id, request_id, input_bytes FROM usage_logs WHERE charged";
    private static final String CHARGED_TODAY =
            "SELECT coalesce(sum(charged), 0) FROM daily_tier_counters WHERE user_id = :account";

    private final Cluster cluster;
    private final ClusterSize size;
    private final List<Fault> schedule;
    private final Progress progress;
    private final Jdbi owner;
    private final Verdict verdict = new Verdict();

    ChaosRun(Cluster cluster, ClusterSize size, List<Fault> schedule, Progress progress) {
        this.cluster = cluster;
        this.size = size;
        this.schedule = schedule;
        this.progress = progress;
        this.owner = cluster.database().owner();
    }

    /** Calls with each of {@code loads} while the schedule runs; {@code small} is one of them, and is to spend its day. */
    Verdict run(List<TenantLoad> loads, TenantLoad small) throws Exception {
        LocalDate day = LocalDate.now(ZoneOffset.UTC);
        Instant begun;
        FaultInjector injector = new FaultInjector(cluster);
        List<String> overshot;
        try (Watch watch = Watch.open(cluster)) {
            loads.forEach(TenantLoad::begin);
            begun = Instant.now();
            injector.run(schedule);
            progress.say("faults", injector.done());
            for (Member member : cluster.members()) {
                Cluster.awaitReady(member, RECOVERY_LIMIT);
            }
            Thread.sleep(CALM.toMillis());
            for (TenantLoad load : loads) {
                load.finish();
            }
            checkBacklog("before the last demand");
            spend(small);
            checkBacklog("at the end");
            overshot = watch.overshot();
            verdict.check(
                    "charged ≤ held ≤ limit at each of %d looks".formatted(watch.looks()),
                    overshot.isEmpty() && watch.looks() > 0,
                    String.join("; ", overshot));
            checkMemory(watch);
        } catch (EmbeddedServerException e) {
            verdict.check("every process comes back", false, String.valueOf(e.getMessage()));
            return verdict;
        }
        checkLimit(small, day);
        checkCalls(loads.stream().flatMap(load -> load.calls().stream()).toList(), begun);
        reconcile();
        return verdict;
    }

    private void checkBacklog(String when) throws Exception {
        String left = new Backlog(cluster).await(BACKLOG_LIMIT);
        verdict.check("no lease left and no partition behind " + when, left.isEmpty(), left);
    }

    /** Demand goes on until it is refused for the day. */
    private static void spend(TenantLoad small) throws InterruptedException {
        for (int made = 0; made < CALLS_TO_SPEND_AT_MOST; made++) {
            small.call();
            small.awaitCalls();
            List<Call> calls = small.calls();
            if (calls.size() >= REFUSALS_IN_A_ROW
                    && calls.subList(calls.size() - REFUSALS_IN_A_ROW, calls.size()).stream()
                            .allMatch(call -> call.detail().endsWith("DAILY_QUOTA_SPENT"))) {
                return;
            }
        }
    }

    private void checkLimit(TenantLoad small, LocalDate day) {
        long charged = owner.withHandle(handle -> handle.createQuery(CHARGED_TODAY)
                .bind("account", small.tenant().account())
                .mapTo(Long.class)
                .one());
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

    private void checkCalls(List<Call> calls, Instant begun) {
        List<ChargedRow> rows = owner.withHandle(handle -> handle.createQuery(CHARGED)
                .registerRowMapper(ConstructorMapper.factory(ChargedRow.class))
                .mapTo(ChargedRow.class)
                .list());
        Map<String, Long> ends = calls.stream()
                .collect(Collectors.groupingBy(
                        call -> call.end() + " " + call.detail(), TreeMap::new, Collectors.counting()));
        progress.say("calls", calls.size());
        ends.forEach((end, count) -> progress.say("  " + count, end));
        progress.say("charged rows", rows.size());
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

    private void checkMemory(Watch watch) {
        List<String> above = new ArrayList<>();
        watch.largestKib().forEach((role, kib) -> {
            long limitMib = size.heapMib(role) + BESIDE_HEAP_MIB;
            if (kib / 1024 > limitMib) {
                above.add("%s %d MiB of %d".formatted(role.text(), kib / 1024, limitMib));
            }
        });
        verdict.check(
                "every process's memory within its bound",
                above.isEmpty(),
                above.isEmpty() ? largest(watch.largestKib()) : String.join(", ", above));
    }

    private static String largest(Map<Role, Long> largestKib) {
        return largestKib.entrySet().stream()
                .map(entry -> entry.getKey().text() + " " + entry.getValue() / 1024 + " MiB")
                .collect(Collectors.joining(", "));
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
