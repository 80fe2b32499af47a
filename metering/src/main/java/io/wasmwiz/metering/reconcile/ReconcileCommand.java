package io.wasmwiz.metering.reconcile;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.metering.consume.LogConfig;
import io.wasmwiz.metering.consume.LogUnavailableException;
import io.wasmwiz.metering.reconcile.Reconciler.LogSource;
import io.wasmwiz.service.ServiceCommand;
import io.wasmwiz.service.config.ConfigException;
import io.wasmwiz.service.config.Problems;
import io.wasmwiz.service.database.Database;
import io.wasmwiz.service.database.DatabaseConfig;
import io.wasmwiz.service.database.DatabaseUrl;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Proves the books, or names what is wrong with them. */
@Command(
        name = "reconcile",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = {
            "Reads the event log, the rows, the counters and the leases independently of each other and prints where"
                    + " they disagree. Changes nothing, and may run while everything else does.",
            "As far back as the log reaches each execution is compared; beyond it rows against counters. Every flag"
                    + " has an environment default: --database-url reads DATABASE_URL, the others WASMWIZ_ and their name."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:no drift",
            "1:drift: every finding is printed, as far as --max-findings allows",
            "69:PostgreSQL or Kafka does not answer",
            "78:a setting is missing or wrong"
        })
public final class ReconcileCommand implements Callable<Integer> {
    private static final int DRIFT = 1;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--database-url",
            defaultValue = "",
            showDefaultValue = CommandLine.Help.Visibility.NEVER,
            description = "postgresql://user:password@host:port/database; a login of the role wasmwiz_reader will do.")
    private String databaseUrl = "";

    @Option(
            names = "--kafka-bootstrap-servers",
            defaultValue = "",
            showDefaultValue = CommandLine.Help.Visibility.NEVER,
            description = "host:port[,host:port...] of the brokers. Required.")
    private String kafkaBootstrapServers = "";

    @Option(names = "--kafka-topic", defaultValue = ExecutionLog.TOPIC, description = "The event log.")
    private String kafkaTopic = "";

    @Option(
            names = "--kafka-property",
            split = "\\|",
            description =
                    "Kafka client setting, KEY=VALUE: ssl.*, sasl.* or security.protocol; several separated by |.")
    private Map<String, String> kafkaProperties = new LinkedHashMap<>();

    @Option(
            names = "--day",
            paramLabel = "YYYY-MM-DD",
            description = "Only executions, leases and counters of this UTC day. Default: all.")
    private @Nullable LocalDate day;

    @Option(
            names = "--days",
            defaultValue = "0",
            description =
                    "Only the newest UTC days, today the last of them, and the log of these days; 1 to 3650. 0: all.")
    private int lastDays;

    @Option(
            names = "--max-findings",
            defaultValue = "1000",
            description = "Findings printed at most, 0 to 100000; all are counted.")
    private int maxFindings;

    @Option(
            names = "--statement-timeout",
            defaultValue = "PT30M",
            description = "Longest SQL statement, 1 s to 24 h. Rows are read by one.")
    private Duration statementTimeout = Duration.ZERO;

    @Option(names = "--log-timeout", defaultValue = "PT30S", description = "Longest wait for Kafka, 1 s to 10 min.")
    private Duration logTimeout = Duration.ZERO;

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        check();
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Report report;
        try {
            report = new Reconciler(
                            DatabaseUrl.parse(databaseUrl),
                            new LogSource(kafkaBootstrapServers, kafkaProperties, kafkaTopic, logTimeout))
                    .run(days(), maxFindings, statementTimeout, Duration.ofDays(365));
        } catch (LogUnavailableException | ReconcileTimeoutException e) {
            err.println(e.getMessage());
            return ServiceCommand.EX_UNAVAILABLE;
        } catch (JdbiException e) {
            if (!Database.isUnavailable(e)) {
                throw e;
            }
            err.println("PostgreSQL: " + e.getMessage());
            return ServiceCommand.EX_UNAVAILABLE;
        }
        if (json) {
            out.println(gson().toJson(report));
        } else {
            print(report, out);
        }
        return report.drift() == 0 ? 0 : DRIFT;
    }

    private void check() throws ConfigException {
        Problems problems = new Problems();
        new DatabaseConfig(databaseUrl, 1, Duration.ofSeconds(5)).check(problems);
        problems.require(
                kafkaBootstrapServers.matches("[^\\s,:]+:\\d{1,5}(,[^\\s,:]+:\\d{1,5})*"),
                "--kafka-bootstrap-servers must be host:port[,host:port…], was '%s'",
                kafkaBootstrapServers);
        LogConfig.checkClientProperties(problems, kafkaProperties);
        problems.requireRange("--days", lastDays, 0, 3_650);
        problems.require(lastDays == 0 || day == null, "--day and --days exclude each other");
        problems.requireRange("--max-findings", maxFindings, 0, 100_000);
        problems.requireRange("--statement-timeout in ms", statementTimeout.toMillis(), 1_000, 86_400_000);
        problems.requireRange("--log-timeout in ms", logTimeout.toMillis(), 1_000, 600_000);
        problems.check();
    }

    private Days days() {
        if (lastDays > 0) {
            return Days.since(LocalDate.now(ZoneOffset.UTC).minusDays(lastDays - 1L));
        }
        return day == null ? Days.ALL : Days.only(day);
    }

    private static Gson gson() {
        return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();
    }

    private void print(Report report, PrintWriter out) {
        report.findings().forEach(finding -> out.println(finding.sentence()));
        if (report.drift() > report.findings().size()) {
            out.println("and " + (report.drift() - report.findings().size()) + " more");
        }
        out.printf(
                "%s: %d records of the log, %d rows%s, %d leases, %d counters%s%n",
                report.drift() == 0 ? "no drift" : "drift " + report.drift(),
                report.logRecords(),
                report.rows(),
                report.rowsBeyondLog() == 0 ? "" : " and %d older than the log".formatted(report.rowsBeyondLog()),
                report.leases(),
                report.counters(),
                day != null ? ", day " + day : lastDays > 0 ? ", last " + lastDays + " days" : "");
    }
}
