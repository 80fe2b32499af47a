package io.wasmwiz.cli.fake;

import com.google.protobuf.util.Timestamps;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.v1.AdminServiceGrpc;
import io.wasmwiz.v1.ApiKey;
import io.wasmwiz.v1.AuditFault;
import io.wasmwiz.v1.CreateApiKeyRequest;
import io.wasmwiz.v1.CreateApiKeyResponse;
import io.wasmwiz.v1.CreateUserRequest;
import io.wasmwiz.v1.CreateUserResponse;
import io.wasmwiz.v1.GetApiKeyRequest;
import io.wasmwiz.v1.GetApiKeyResponse;
import io.wasmwiz.v1.GetUserRequest;
import io.wasmwiz.v1.GetUserResponse;
import io.wasmwiz.v1.ListUsersRequest;
import io.wasmwiz.v1.ListUsersResponse;
import io.wasmwiz.v1.UpdateApiKeyRequest;
import io.wasmwiz.v1.UpdateApiKeyResponse;
import io.wasmwiz.v1.User;
import io.wasmwiz.v1.UserStatus;
import io.wasmwiz.v1.VerifyAuditRequest;
import io.wasmwiz.v1.VerifyAuditResponse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/** Accounts and keys in memory, and an audit log of two stretches that can be broken. Thread-safe. */
public final class FakeAdmin extends AdminServiceGrpc.AdminServiceImplBase {
    /** The secret of every key. */
    public static final String SECRET = "ww_secretsecretsecretsecretsecretsecrets";

    private static final int LARGEST_PAGE = 2;
    private static final int STRETCH = 1_000;

    private final Map<String, User> users = Collections.synchronizedMap(new LinkedHashMap<>());
    private final Map<String, ApiKey> keys = Collections.synchronizedMap(new LinkedHashMap<>());
    private final Map<String, String> keyByRequest = Collections.synchronizedMap(new LinkedHashMap<>());
    private volatile long brokenEvent;

    FakeAdmin() {}

    /** From now on this event of 1,500 is not as it was. */
    public void breakEvent(long seq) {
        brokenEvent = seq;
    }

    /** Every key that was issued. */
    public Collection<ApiKey> keys() {
        return List.copyOf(keys.values());
    }

    @Override
    public void createUser(CreateUserRequest request, StreamObserver<CreateUserResponse> replies) {
        answer(replies, () -> {
            User user = User.newBuilder()
                    .setUserId(UUID.randomUUID().toString())
                    .setName(request.getName())
                    .setTier(request.getTier())
                    .setStatus(UserStatus.USER_STATUS_ACTIVE)
                    .setCreatedAt(Timestamps.fromSeconds(1_767_225_600))
                    .setEtag("1")
                    .build();
            users.put(user.getUserId(), user);
            return CreateUserResponse.newBuilder().setUser(user).build();
        });
    }

    @Override
    public void getUser(GetUserRequest request, StreamObserver<GetUserResponse> replies) {
        answer(
                replies,
                () -> GetUserResponse.newBuilder()
                        .setUser(users.values().stream()
                                .filter(user -> user.getUserId().equals(request.getUserId())
                                        || user.getName().equals(request.getName()))
                                .findFirst()
                                .orElseThrow(() -> error(Code.NOT_FOUND, "USER_NOT_FOUND")))
                        .build());
    }

    @Override
    public void listUsers(ListUsersRequest request, StreamObserver<ListUsersResponse> replies) {
        answer(replies, () -> {
            List<User> newestFirst = new ArrayList<>(users.values());
            Collections.reverse(newestFirst);
            int from = request.getPageToken().isEmpty() ? 0 : Integer.parseInt(request.getPageToken());
            int to = Math.min(newestFirst.size(), from + Math.min(LARGEST_PAGE, request.getPageSize()));
            return ListUsersResponse.newBuilder()
                    .addAllUsers(newestFirst.subList(from, to))
                    .setNextPageToken(to < newestFirst.size() ? String.valueOf(to) : "")
                    .build();
        });
    }

    @Override
    public void createApiKey(CreateApiKeyRequest request, StreamObserver<CreateApiKeyResponse> replies) {
        answer(replies, () -> {
            String earlier = keyByRequest.get(request.getRequestId());
            if (earlier != null) {
                return CreateApiKeyResponse.newBuilder()
                        .setApiKey(keys.get(earlier))
                        .setRepeated(true)
                        .build();
            }
            ApiKey.Builder key = ApiKey.newBuilder()
                    .setKeyId(UUID.randomUUID().toString())
                    .setUserId(request.getUserId())
                    .setName(request.getName())
                    .addAllScopes(request.getScopesList())
                    .setLimits(request.getLimits())
                    .setEtag("1");
            if (request.hasExpiresAt()) {
                key.setExpiresAt(request.getExpiresAt());
            }
            keys.put(key.getKeyId(), key.build());
            if (!request.getRequestId().isEmpty()) {
                keyByRequest.put(request.getRequestId(), key.getKeyId());
            }
            return CreateApiKeyResponse.newBuilder()
                    .setApiKey(key)
                    .setSecret(SECRET)
                    .build();
        });
    }

    @Override
    public void getApiKey(GetApiKeyRequest request, StreamObserver<GetApiKeyResponse> replies) {
        answer(
                replies,
                () -> GetApiKeyResponse.newBuilder()
                        .setApiKey(key(request.getKeyId()))
                        .build());
    }

    @Override
    public void updateApiKey(UpdateApiKeyRequest request, StreamObserver<UpdateApiKeyResponse> replies) {
        answer(replies, () -> {
            ApiKey.Builder key = key(request.getKeyId()).toBuilder();
            if (!key.getEtag().equals(request.getEtag())) {
                throw error(Code.ABORTED, "ETAG_MISMATCH");
            }
            for (String path : request.getUpdateMask().getPathsList()) {
                switch (path) {
                    case "name" -> key.setName(request.getName());
                    case "scopes" -> key.clearScopes().addAllScopes(request.getScopesList());
                    case "limits" -> key.setLimits(request.getLimits());
                    case "limits.run_time_ms" ->
                        key.getLimitsBuilder().setRunTimeMs(request.getLimits().getRunTimeMs());
                    case "expires_at" -> key.clearExpiresAt();
                    default -> throw error(Code.INVALID_ARGUMENT, "UPDATE_MASK_INVALID");
                }
            }
            keys.put(key.getKeyId(), key.setEtag("2").build());
            return UpdateApiKeyResponse.newBuilder().setApiKey(key).build();
        });
    }

    @Override
    public void verifyAudit(VerifyAuditRequest request, StreamObserver<VerifyAuditResponse> replies) {
        answer(replies, () -> {
            boolean first = request.getPageToken().isEmpty();
            long end = first ? STRETCH : STRETCH + STRETCH / 2;
            if (brokenEvent > 0 && brokenEvent <= end) {
                return VerifyAuditResponse.newBuilder()
                        .setVerified(brokenEvent - 1)
                        .setFault(AuditFault.newBuilder().setSeq(brokenEvent).setDescription("it is missing"))
                        .build();
            }
            VerifyAuditResponse.Builder found = VerifyAuditResponse.newBuilder().setVerified(end);
            return (first ? found.setNextPageToken("more") : found.setHeadHash("ab".repeat(32))).build();
        });
    }

    private ApiKey key(String id) {
        ApiKey key = keys.get(id);
        if (key == null) {
            throw error(Code.NOT_FOUND, "KEY_NOT_FOUND");
        }
        return key;
    }

    private static StatusRuntimeException error(Code code, String reason) {
        return FakeErrors.error(code, "refused", reason, Map.of());
    }

    private static <A> void answer(StreamObserver<A> replies, Supplier<A> reply) {
        try {
            replies.onNext(reply.get());
            replies.onCompleted();
        } catch (StatusRuntimeException e) {
            replies.onError(e);
        }
    }
}
