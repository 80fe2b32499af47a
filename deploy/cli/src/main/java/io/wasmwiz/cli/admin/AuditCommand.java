package io.wasmwiz.cli.admin;

import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.CommandGroup;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.Printable;
import io.wasmwiz.cli.text.Table;
import io.wasmwiz.cli.text.Times;
import io.wasmwiz.cli.text.Units;
import io.wasmwiz.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.wasmwiz.v1.AuditEvent;
import io.wasmwiz.v1.AuditOutcome;
import io.wasmwiz.v1.ListAuditEventsRequest;
import io.wasmwiz.v1.ListAuditEventsResponse;
import io.wasmwiz.v1.VerifyAuditRequest;
import io.wasmwiz.v1.VerifyAuditResponse;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The audit log. */
@Command(name = "audit", description = "Read the audit log, and check that it is as it was written.")
final class AuditCommand extends CommandGroup {
    private final CliContext context;

    AuditCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public List<Object> subcommands() {
        return List.of(new ListAll(context), new Verify(context));
    }

    @Command(name = "list", description = "List events, newest first; --json shows the states before and after.")
    static final class ListAll extends AdminCall {
        @Option(
                names = "--user",
                paramLabel = "USER",
                description = "Only those that concern this account; id or name.")
        private String user = "";

        @Option(
                names = "--limit",
                paramLabel = "N",
                defaultValue = "20",
                description = "Events at most, 1 to 100000. Default: ${DEFAULT-VALUE}.")
        private int limit;

        ListAll(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            String userId = userId(admin, user);
            List<AuditEvent> events = list(limit, (size, token) -> {
                ListAuditEventsResponse page = admin.listAuditEvents(ListAuditEventsRequest.newBuilder()
                        .setUserId(userId)
                        .setPageSize(size)
                        .setPageToken(token)
                        .build());
                return new Page<>(page.getEventsList(), page.getNextPageToken());
            });
            if (asJson()) {
                printJson(events);
                return ExitCode.OK;
            }
            Table table = new Table("SEQ", "AT", "ACTOR", "ACTION", "TARGET", "OUTCOME", "FROM");
            for (AuditEvent event : events) {
                table.row(
                        event.getSeq(),
                        Times.second(event.getAt()),
                        actor(event),
                        event.getAction(),
                        event.getTarget(),
                        event.getOutcome() == AuditOutcome.AUDIT_OUTCOME_DONE ? "done" : event.getReason(),
                        event.getClientAddress());
            }
            table.print(out());
            return ExitCode.OK;
        }

        private static String actor(AuditEvent event) {
            return event.getActorKeyId().isEmpty()
                    ? word(event.getActor(), "AUDIT_ACTOR_")
                    : "key " + event.getActorKeyId();
        }
    }

    @Command(
            name = "verify",
            description = {
                "Check every event against the hash of the one before it.",
                "Exit code 1 when one was changed or is missing: the first such event is named."
            })
    static final class Verify extends AdminCall {
        /** As doctor: it looked, and something is wrong. */
        private static final int FOUND_A_FAULT = 1;

        Verify(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            VerifyAuditResponse found = admin.verifyAudit(VerifyAuditRequest.getDefaultInstance());
            while (!found.getNextPageToken().isEmpty()) {
                found = admin.verifyAudit(VerifyAuditRequest.newBuilder()
                        .setPageToken(found.getNextPageToken())
                        .build());
            }
            if (asJson()) {
                printJson(found);
            } else if (found.hasFault()) {
                out().println(Printable.line("event %d: %s"
                        .formatted(found.getFault().getSeq(), found.getFault().getDescription())));
            } else {
                out().println(Units.count(found.getVerified(), "event") + " as written");
                err().println("the newest has the hash " + Printable.line(found.getHeadHash()));
            }
            return found.hasFault() ? FOUND_A_FAULT : ExitCode.OK;
        }
    }
}
