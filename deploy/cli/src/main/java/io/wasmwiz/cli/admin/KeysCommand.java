package io.wasmwiz.cli.admin;

import com.google.protobuf.Timestamp;
import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.CommandGroup;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.Printable;
import io.wasmwiz.cli.text.Table;
import io.wasmwiz.cli.text.Times;
import io.wasmwiz.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.wasmwiz.v1.ApiKey;
import io.wasmwiz.v1.CreateApiKeyRequest;
import io.wasmwiz.v1.CreateApiKeyResponse;
import io.wasmwiz.v1.GetApiKeyRequest;
import io.wasmwiz.v1.ListApiKeysRequest;
import io.wasmwiz.v1.ListApiKeysResponse;
import io.wasmwiz.v1.RevokeApiKeyRequest;
import io.wasmwiz.v1.RotateApiKeyRequest;
import io.wasmwiz.v1.RotateApiKeyResponse;
import io.wasmwiz.v1.UpdateApiKeyRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Keys. */
@Command(name = "keys", description = "Issue, show, list, change, rotate and revoke keys.")
final class KeysCommand extends CommandGroup {
    private final CliContext context;

    KeysCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public List<Object> subcommands() {
        return List.of(
                new Create(context),
                new Show(context),
                new ListAll(context),
                new Update(context),
                new Rotate(context),
                new Revoke(context));
    }

    /** A call whose answer is keys. */
    private abstract static class KeysCall extends AdminCall {
        KeysCall(CliContext context) {
            super(context);
        }

        final int print(ApiKey key) throws IOException {
            if (asJson()) {
                printJson(key);
            } else {
                printTable(List.of(key));
            }
            return ExitCode.OK;
        }

        final void printTable(List<ApiKey> keys) {
            Table table = new Table("KEY", "NAME", "SCOPES", "STATE", "LAST USED", "CREATED");
            for (ApiKey key : keys) {
                table.row(
                        key.getKeyId(),
                        key.getName(),
                        key.getScopesList().stream()
                                .map(scope -> word(scope, "SCOPE_"))
                                .collect(Collectors.joining(",")),
                        state(key),
                        key.hasLastUsedAt() ? Times.second(key.getLastUsedAt()) : "-",
                        Times.second(key.getCreatedAt()));
            }
            table.print(out());
        }

        /** The secret alone on standard output, so that it can go to a file; what it belongs to on standard error. */
        final int printSecret(ApiKey key, String secret, boolean repeated) {
            err().println(Printable.line(
                    "key %s %s of user %s".formatted(key.getKeyId(), key.getName(), key.getUserId())));
            if (repeated) {
                err().println(
                                "this request had issued it before: its secret is not shown again; rotate it if it is lost");
                return ExitCode.DATA;
            }
            err().println("the secret is shown this once and stored nowhere:");
            out().println(secret);
            return ExitCode.OK;
        }

        private static String state(ApiKey key) {
            if (key.hasRevokedAt()) {
                return "revoked " + Times.second(key.getRevokedAt());
            }
            return key.hasExpiresAt() ? "until " + Times.second(key.getExpiresAt()) : "active";
        }
    }

    @Command(name = "create", description = "Issue a key and print its secret, once.")
    static final class Create extends KeysCall {
        @Option(names = "--user", paramLabel = "USER", description = "Id or name. Default: the account of --key.")
        private String user = "";

        @Mixin
        private KeyOptions key = new KeyOptions();

        @Option(names = "--request-id", paramLabel = "UUID", description = "Makes the same request again harmless.")
        private String requestId = "";

        Create(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            CreateApiKeyRequest.Builder request = CreateApiKeyRequest.newBuilder()
                    .setUserId(userId(admin, user))
                    .setName(key.name())
                    .addAllScopes(key.scopes())
                    .setLimits(key.limits())
                    .setRequestId(requestId);
            @Nullable Timestamp expiresAt = key.expiresAt();
            if (expiresAt != null) {
                request.setExpiresAt(expiresAt);
            }
            CreateApiKeyResponse issued = admin.createApiKey(request.build());
            if (asJson()) {
                printJson(issued);
                return ExitCode.OK;
            }
            return printSecret(issued.getApiKey(), issued.getSecret(), issued.getRepeated());
        }
    }

    @Command(name = "show", description = "Show one key, without its secret.")
    static final class Show extends KeysCall {
        @Parameters(index = "0", paramLabel = "KEY_ID", description = "The key's id.")
        private String keyId = "";

        Show(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            return print(read(admin, keyId));
        }
    }

    @Command(name = "list", description = "List an account's keys, newest first.")
    static final class ListAll extends KeysCall {
        @Option(names = "--user", paramLabel = "USER", description = "Id or name. Default: the account of --key.")
        private String user = "";

        @Option(
                names = "--limit",
                paramLabel = "N",
                defaultValue = "100",
                description = "Keys at most, 1 to 100000. Default: ${DEFAULT-VALUE}.")
        private int limit;

        ListAll(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            String userId = userId(admin, user);
            List<ApiKey> keys = list(limit, (size, token) -> {
                ListApiKeysResponse page = admin.listApiKeys(ListApiKeysRequest.newBuilder()
                        .setUserId(userId)
                        .setPageSize(size)
                        .setPageToken(token)
                        .build());
                return new Page<>(page.getApiKeysList(), page.getNextPageToken());
            });
            if (asJson()) {
                printJson(keys);
            } else {
                printTable(keys);
            }
            return ExitCode.OK;
        }
    }

    @Command(name = "update", description = "Change a key's name, scopes, limits or expiry.")
    static final class Update extends KeysCall {
        @Parameters(index = "0", paramLabel = "KEY_ID", description = "The key's id.")
        private String keyId = "";

        @Mixin
        private KeyOptions key = new KeyOptions();

        @Option(names = "--no-limits", description = "Lift its limits: the tier's hold.")
        private boolean noLimits;

        @Option(names = "--no-expiry", description = "Let it work until it is revoked.")
        private boolean noExpiry;

        Update(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            var mask = key.mask();
            if (noLimits) {
                mask.addPaths("limits");
            }
            if (noExpiry) {
                mask.addPaths("expires_at");
            }
            @Nullable Timestamp expiresAt = key.expiresAt();
            if (mask.getPathsCount() == 0 || (noExpiry && expiresAt != null)) {
                throw new CommandFailure(
                        ExitCode.USAGE, "name at least one change, and an expiry or none: --help lists the flags");
            }
            UpdateApiKeyRequest.Builder request = UpdateApiKeyRequest.newBuilder()
                    .setKeyId(keyId)
                    .setUpdateMask(mask)
                    .setName(key.name())
                    .addAllScopes(key.scopes())
                    .setLimits(key.limits())
                    .setEtag(read(admin, keyId).getEtag());
            if (expiresAt != null) {
                request.setExpiresAt(expiresAt);
            }
            return print(admin.updateApiKey(request.build()).getApiKey());
        }
    }

    @Command(name = "rotate", description = "Issue a key like another one, which goes on for a grace period.")
    static final class Rotate extends KeysCall {
        @Parameters(index = "0", paramLabel = "KEY_ID", description = "The key's id.")
        private String keyId = "";

        @Option(
                names = "--grace",
                paramLabel = "D",
                converter = GraceConverter.class,
                defaultValue = "24h",
                description = "How long the old key goes on: 0, or for example 1h. Default: ${DEFAULT-VALUE}.")
        private Duration grace = Duration.ZERO;

        @Option(names = "--request-id", paramLabel = "UUID", description = "Makes the same request again harmless.")
        private String requestId = "";

        Rotate(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            RotateApiKeyResponse rotated = admin.rotateApiKey(RotateApiKeyRequest.newBuilder()
                    .setKeyId(keyId)
                    .setGracePeriod(com.google.protobuf.Duration.newBuilder()
                            .setSeconds(grace.getSeconds())
                            .setNanos(grace.getNano()))
                    .setRequestId(requestId)
                    .build());
            if (asJson()) {
                printJson(rotated);
                return ExitCode.OK;
            }
            err().println("the old key works until "
                    + Times.second(rotated.getReplaced().getExpiresAt()));
            return printSecret(rotated.getApiKey(), rotated.getSecret(), rotated.getRepeated());
        }
    }

    @Command(name = "revoke", description = "End a key for good.")
    static final class Revoke extends KeysCall {
        @Parameters(index = "0", paramLabel = "KEY_ID", description = "The key's id.")
        private String keyId = "";

        Revoke(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            return print(admin.revokeApiKey(
                            RevokeApiKeyRequest.newBuilder().setKeyId(keyId).build())
                    .getApiKey());
        }
    }

    private static ApiKey read(AdminServiceBlockingStub admin, String keyId) {
        return admin.getApiKey(GetApiKeyRequest.newBuilder().setKeyId(keyId).build())
                .getApiKey();
    }
}
