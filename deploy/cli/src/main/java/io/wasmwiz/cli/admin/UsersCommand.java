package io.wasmwiz.cli.admin;

import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.CommandGroup;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.Table;
import io.wasmwiz.cli.text.Times;
import io.wasmwiz.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.wasmwiz.v1.CreateUserRequest;
import io.wasmwiz.v1.CreateUserResponse;
import io.wasmwiz.v1.ListUsersRequest;
import io.wasmwiz.v1.ListUsersResponse;
import io.wasmwiz.v1.ResumeUserRequest;
import io.wasmwiz.v1.SuspendUserRequest;
import io.wasmwiz.v1.UpdateUserTierRequest;
import io.wasmwiz.v1.User;
import io.wasmwiz.v1.UserStatus;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Accounts. */
@Command(name = "users", description = "Open, show, list, move, suspend and resume accounts.")
final class UsersCommand extends CommandGroup {
    private final CliContext context;

    UsersCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public List<Object> subcommands() {
        return List.of(
                new Create(context),
                new Show(context),
                new ListAll(context),
                new ChangeTier(context),
                new Suspend(context),
                new Resume(context));
    }

    /** A call whose answer is accounts. */
    private abstract static class UsersCall extends AdminCall {
        UsersCall(CliContext context) {
            super(context);
        }

        final int print(User user) throws IOException {
            if (asJson()) {
                printJson(user);
            } else {
                printTable(List.of(user));
            }
            return ExitCode.OK;
        }

        final void printTable(List<User> users) {
            Table table = new Table("USER", "NAME", "TIER", "STATUS", "CREATED");
            for (User user : users) {
                table.row(
                        user.getUserId(),
                        user.getName(),
                        user.getTier(),
                        word(user.getStatus(), "USER_STATUS_"),
                        Times.second(user.getCreatedAt()));
            }
            table.print(out());
        }
    }

    @Command(name = "create", description = "Open an account.")
    static final class Create extends UsersCall {
        @Parameters(index = "0", paramLabel = "NAME", description = "1 to 128 characters.")
        private String name = "";

        @Option(names = "--tier", required = true, paramLabel = "T", description = "Its tier.")
        private String tier = "";

        @Option(names = "--request-id", paramLabel = "UUID", description = "Makes the same request again harmless.")
        private String requestId = "";

        Create(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            CreateUserResponse created = admin.createUser(CreateUserRequest.newBuilder()
                    .setName(name)
                    .setTier(tier)
                    .setRequestId(requestId)
                    .build());
            if (created.getRepeated()) {
                err().println("this request had opened it before");
            }
            return print(created.getUser());
        }
    }

    @Command(name = "show", description = "Show one account.")
    static final class Show extends UsersCall {
        @Parameters(
                index = "0",
                arity = "0..1",
                paramLabel = "USER",
                description = "Id or name. Default: the key's own.")
        private String user = "";

        Show(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            return print(user(admin, user));
        }
    }

    @Command(name = "list", description = "List accounts, newest first.")
    static final class ListAll extends UsersCall {
        @Option(names = "--tier", paramLabel = "T", description = "Only those on this tier.")
        private String tier = "";

        @Option(names = "--suspended", description = "Only those that are suspended.")
        private boolean suspended;

        @Option(
                names = "--limit",
                paramLabel = "N",
                defaultValue = "100",
                description = "Accounts at most, 1 to 100000. Default: ${DEFAULT-VALUE}.")
        private int limit;

        ListAll(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            List<User> users = list(limit, (size, token) -> {
                ListUsersResponse page = admin.listUsers(ListUsersRequest.newBuilder()
                        .setTier(tier)
                        .setStatus(suspended ? UserStatus.USER_STATUS_SUSPENDED : UserStatus.USER_STATUS_UNSPECIFIED)
                        .setPageSize(size)
                        .setPageToken(token)
                        .build());
                return new Page<>(page.getUsersList(), page.getNextPageToken());
            });
            if (asJson()) {
                printJson(users);
            } else {
                printTable(users);
            }
            return ExitCode.OK;
        }
    }

    @Command(name = "tier", description = "Move an account to another tier.")
    static final class ChangeTier extends UsersCall {
        @Parameters(index = "0", paramLabel = "USER", description = "Id or name.")
        private String user = "";

        @Parameters(index = "1", paramLabel = "TIER", description = "The tier's name.")
        private String tier = "";

        ChangeTier(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            User before = user(admin, user);
            return print(admin.updateUserTier(UpdateUserTierRequest.newBuilder()
                            .setUserId(before.getUserId())
                            .setTier(tier)
                            .setEtag(before.getEtag())
                            .build())
                    .getUser());
        }
    }

    @Command(name = "suspend", description = "Stop an account: its keys are refused until it is resumed.")
    static final class Suspend extends UsersCall {
        @Parameters(index = "0", paramLabel = "USER", description = "Id or name.")
        private String user = "";

        Suspend(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            return print(admin.suspendUser(SuspendUserRequest.newBuilder()
                            .setUserId(userId(admin, user))
                            .build())
                    .getUser());
        }
    }

    @Command(name = "resume", description = "Let a suspended account go on.")
    static final class Resume extends UsersCall {
        @Parameters(index = "0", paramLabel = "USER", description = "Id or name.")
        private String user = "";

        Resume(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            return print(admin.resumeUser(ResumeUserRequest.newBuilder()
                            .setUserId(userId(admin, user))
                            .build())
                    .getUser());
        }
    }
}
