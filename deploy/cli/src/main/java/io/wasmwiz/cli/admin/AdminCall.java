package io.wasmwiz.cli.admin;

import com.google.gson.JsonArray;
import com.google.protobuf.MessageOrBuilder;
import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.connect.ServerConnection;
import io.wasmwiz.cli.connect.ServerOptions;
import io.wasmwiz.cli.connect.Target;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.Json;
import io.wasmwiz.v1.AdminServiceGrpc;
import io.wasmwiz.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.wasmwiz.v1.GetUserRequest;
import io.wasmwiz.v1.User;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the commands on the admin service share. */
abstract class AdminCall implements Callable<Integer> {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final int LARGEST_PAGE = 1_000;
    private static final int LARGEST_LIMIT = 100_000;
    private static final Pattern UUID_TEXT = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    private final CliContext context;

    @Option(names = "--json", description = "Print the reply as JSON.")
    private boolean json;

    @Mixin
    private ServerOptions server = new ServerOptions();

    AdminCall(CliContext context) {
        this.context = context;
    }

    @Override
    public final Integer call() throws IOException {
        try (ServerConnection connection = ServerConnection.open(Target.resolve(server, context))) {
            return call(connection.stub(AdminServiceGrpc::newBlockingStub, DEADLINE));
        }
    }

    /** Does it, and returns the exit code. */
    abstract int call(AdminServiceBlockingStub admin) throws IOException;

    final boolean asJson() {
        return json;
    }

    final PrintStream out() {
        return context.terminal().out();
    }

    final PrintStream err() {
        return context.terminal().err();
    }

    final void printJson(MessageOrBuilder message) throws IOException {
        out().println(Json.print(message));
    }

    final void printJson(List<? extends MessageOrBuilder> messages) throws IOException {
        JsonArray array = new JsonArray();
        for (MessageOrBuilder message : messages) {
            array.add(Json.tree(message));
        }
        out().println(Json.print(array));
    }

    /** The account that {@code user} names by id or by name; empty stays empty, which means the key's own. */
    static String userId(AdminServiceBlockingStub admin, String user) {
        return user.isEmpty() || UUID_TEXT.matcher(user).matches()
                ? user
                : user(admin, user).getUserId();
    }

    static User user(AdminServiceBlockingStub admin, String user) {
        GetUserRequest.Builder request = GetUserRequest.newBuilder();
        if (UUID_TEXT.matcher(user).matches()) {
            request.setUserId(user);
        } else if (!user.isEmpty()) {
            request.setName(user);
        }
        return admin.getUser(request.build()).getUser();
    }

    /** One page of a listing. */
    record Page<T>(List<T> items, String nextToken) {}

    /** Reads the page of this size that this token begins. */
    interface PageReader<T> {
        Page<T> read(int size, String token);
    }

    /** Reads pages until there are {@code limit} items or no more. */
    final <T> List<T> list(int limit, PageReader<T> reader) {
        if (limit < 1 || limit > LARGEST_LIMIT) {
            throw new CommandFailure(ExitCode.USAGE, "--limit must be 1 to %d, was %d".formatted(LARGEST_LIMIT, limit));
        }
        List<T> items = new ArrayList<>();
        String token = "";
        do {
            Page<T> page = reader.read(Math.min(LARGEST_PAGE, limit - items.size()), token);
            items.addAll(page.items());
            token = page.nextToken();
        } while (!token.isEmpty() && items.size() < limit);
        if (!token.isEmpty()) {
            err().println("there are more: --limit raises how many are listed");
        }
        return items;
    }

    /** The last word of an enum value, as people type it. */
    static String word(Enum<?> value, String prefix) {
        return value.name().substring(prefix.length()).toLowerCase(java.util.Locale.ROOT);
    }
}
