package io.wasmwiz.executor.grpc;

import io.grpc.stub.StreamObserver;
import io.wasmwiz.executor.admin.Actor;
import io.wasmwiz.executor.admin.AdminService;
import io.wasmwiz.executor.admin.KeyAdmin.Issued;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.v1.AdminServiceGrpc;
import io.wasmwiz.v1.CreateApiKeyRequest;
import io.wasmwiz.v1.CreateApiKeyResponse;
import io.wasmwiz.v1.CreateTierRequest;
import io.wasmwiz.v1.CreateTierResponse;
import io.wasmwiz.v1.CreateUserRequest;
import io.wasmwiz.v1.CreateUserResponse;
import io.wasmwiz.v1.GetApiKeyRequest;
import io.wasmwiz.v1.GetApiKeyResponse;
import io.wasmwiz.v1.GetUserRequest;
import io.wasmwiz.v1.GetUserResponse;
import io.wasmwiz.v1.ListApiKeysRequest;
import io.wasmwiz.v1.ListApiKeysResponse;
import io.wasmwiz.v1.ListAuditEventsRequest;
import io.wasmwiz.v1.ListAuditEventsResponse;
import io.wasmwiz.v1.ListTiersRequest;
import io.wasmwiz.v1.ListTiersResponse;
import io.wasmwiz.v1.ListUsersRequest;
import io.wasmwiz.v1.ListUsersResponse;
import io.wasmwiz.v1.ResumeUserRequest;
import io.wasmwiz.v1.ResumeUserResponse;
import io.wasmwiz.v1.RevokeApiKeyRequest;
import io.wasmwiz.v1.RevokeApiKeyResponse;
import io.wasmwiz.v1.RotateApiKeyRequest;
import io.wasmwiz.v1.RotateApiKeyResponse;
import io.wasmwiz.v1.SuspendUserRequest;
import io.wasmwiz.v1.SuspendUserResponse;
import io.wasmwiz.v1.UpdateApiKeyRequest;
import io.wasmwiz.v1.UpdateApiKeyResponse;
import io.wasmwiz.v1.UpdateTierRequest;
import io.wasmwiz.v1.UpdateTierResponse;
import io.wasmwiz.v1.UpdateUserTierRequest;
import io.wasmwiz.v1.UpdateUserTierResponse;
import io.wasmwiz.v1.UserStatus;
import io.wasmwiz.v1.VerifyAuditRequest;
import io.wasmwiz.v1.VerifyAuditResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/** {@code wasmwiz.v1.AdminService} over its parts. Thread-safe; never blocks. */
public final class AdminGrpcService extends AdminServiceGrpc.AdminServiceImplBase {
    private final AdminService admin;

    public AdminGrpcService(AdminService admin) {
        this.admin = admin;
    }

    @Override
    public void createUser(CreateUserRequest request, StreamObserver<CreateUserResponse> response) {
        answer(response, about("users", request.getName(), request.getRequestId()), actor -> {
            var made = admin.accounts().create(actor, request.getName(), request.getTier(), request.getRequestId());
            return CreateUserResponse.newBuilder()
                    .setUser(AdminMapper.toProto(made.value()))
                    .setRepeated(made.repeated())
                    .build();
        });
    }

    @Override
    public void getUser(GetUserRequest request, StreamObserver<GetUserResponse> response) {
        boolean named = request.getUserCase() == GetUserRequest.UserCase.NAME;
        String asked = named ? request.getName() : request.getUserId();
        answer(
                response,
                about("users", asked),
                actor -> GetUserResponse.newBuilder()
                        .setUser(AdminMapper.toProto(
                                named
                                        ? admin.accounts().getNamed(actor, asked)
                                        : admin.accounts().get(actor, asked)))
                        .build());
    }

    @Override
    public void listUsers(ListUsersRequest request, StreamObserver<ListUsersResponse> response) {
        answer(response, about("users", ""), actor -> {
            int size = PageTokens.size(request.getPageSize());
            AdminPages pages = pages(actor);
            return pages.page(
                    request,
                    size,
                    admin.accounts().list(request.getTier(), active(request), pages.after(request), size + 1));
        });
    }

    private static Optional<Boolean> active(ListUsersRequest request) {
        return switch (request.getStatus()) {
            case USER_STATUS_UNSPECIFIED -> Optional.empty();
            case USER_STATUS_ACTIVE, USER_STATUS_SUSPENDED ->
                Optional.of(request.getStatus() == UserStatus.USER_STATUS_ACTIVE);
            case UNRECOGNIZED ->
                throw new RefusedException(new Refusal.InvalidFields(
                        "status", "STATUS_UNKNOWN", "status must be active, suspended, or unspecified for all"));
        };
    }

    @Override
    public void updateUserTier(UpdateUserTierRequest request, StreamObserver<UpdateUserTierResponse> response) {
        answer(
                response,
                about("users", request.getUserId()),
                actor -> UpdateUserTierResponse.newBuilder()
                        .setUser(AdminMapper.toProto(admin.accounts()
                                .changeTier(actor, request.getUserId(), request.getTier(), request.getEtag())))
                        .build());
    }

    @Override
    public void suspendUser(SuspendUserRequest request, StreamObserver<SuspendUserResponse> response) {
        answer(
                response,
                about("users", request.getUserId()),
                actor -> SuspendUserResponse.newBuilder()
                        .setUser(AdminMapper.toProto(admin.accounts().suspend(actor, request.getUserId())))
                        .build());
    }

    @Override
    public void resumeUser(ResumeUserRequest request, StreamObserver<ResumeUserResponse> response) {
        answer(
                response,
                about("users", request.getUserId()),
                actor -> ResumeUserResponse.newBuilder()
                        .setUser(AdminMapper.toProto(admin.accounts().resume(actor, request.getUserId())))
                        .build());
    }

    @Override
    public void createApiKey(CreateApiKeyRequest request, StreamObserver<CreateApiKeyResponse> response) {
        answer(response, about("users", request.getUserId(), request.getRequestId()), actor -> {
            Issued issued = admin.keys()
                    .create(actor, request.getUserId(), AdminMapper.toWish(request), request.getRequestId());
            return CreateApiKeyResponse.newBuilder()
                    .setApiKey(AdminMapper.toProto(issued.key()))
                    .setSecret(secret(issued))
                    .setRepeated(issued.secret().isEmpty())
                    .build();
        });
    }

    @Override
    public void getApiKey(GetApiKeyRequest request, StreamObserver<GetApiKeyResponse> response) {
        answer(
                response,
                about("keys", request.getKeyId()),
                actor -> GetApiKeyResponse.newBuilder()
                        .setApiKey(AdminMapper.toProto(admin.keys().get(actor, request.getKeyId())))
                        .build());
    }

    @Override
    public void listApiKeys(ListApiKeysRequest request, StreamObserver<ListApiKeysResponse> response) {
        answer(response, about("users", request.getUserId()), actor -> {
            int size = PageTokens.size(request.getPageSize());
            AdminPages pages = pages(actor);
            return pages.page(
                    request, size, admin.keys().list(actor, request.getUserId(), pages.after(request), size + 1));
        });
    }

    @Override
    public void updateApiKey(UpdateApiKeyRequest request, StreamObserver<UpdateApiKeyResponse> response) {
        answer(
                response,
                about("keys", request.getKeyId()),
                actor -> UpdateApiKeyResponse.newBuilder()
                        .setApiKey(AdminMapper.toProto(admin.keys()
                                .update(
                                        actor,
                                        request.getKeyId(),
                                        request.getUpdateMask().getPathsList(),
                                        AdminMapper.toWish(request),
                                        request.getEtag())))
                        .build());
    }

    @Override
    public void rotateApiKey(RotateApiKeyRequest request, StreamObserver<RotateApiKeyResponse> response) {
        Optional<Duration> grace = request.hasGracePeriod()
                ? Optional.of(AdminMapper.toDuration(request.getGracePeriod()))
                : Optional.empty();
        answer(response, about("keys", request.getKeyId(), request.getRequestId()), actor -> {
            Issued issued = admin.keys().rotate(actor, request.getKeyId(), grace, request.getRequestId());
            RotateApiKeyResponse.Builder reply = RotateApiKeyResponse.newBuilder()
                    .setApiKey(AdminMapper.toProto(issued.key()))
                    .setSecret(secret(issued))
                    .setRepeated(issued.secret().isEmpty());
            issued.replaced().map(AdminMapper::toProto).ifPresent(reply::setReplaced);
            return reply.build();
        });
    }

    @Override
    public void revokeApiKey(RevokeApiKeyRequest request, StreamObserver<RevokeApiKeyResponse> response) {
        answer(
                response,
                about("keys", request.getKeyId()),
                actor -> RevokeApiKeyResponse.newBuilder()
                        .setApiKey(AdminMapper.toProto(admin.keys().revoke(actor, request.getKeyId())))
                        .build());
    }

    @Override
    public void createTier(CreateTierRequest request, StreamObserver<CreateTierResponse> response) {
        answer(response, about("tiers", request.getName(), request.getRequestId()), actor -> {
            var made = admin.tiers()
                    .create(actor, request.getName(), AdminMapper.toWish(request.getFigures()), request.getRequestId());
            return CreateTierResponse.newBuilder()
                    .setTier(AdminMapper.toProto(made.value()))
                    .setRepeated(made.repeated())
                    .build();
        });
    }

    @Override
    public void updateTier(UpdateTierRequest request, StreamObserver<UpdateTierResponse> response) {
        answer(
                response,
                about("tiers", request.getName()),
                actor -> UpdateTierResponse.newBuilder()
                        .setTier(AdminMapper.toProto(admin.tiers()
                                .update(
                                        actor,
                                        request.getName(),
                                        request.getUpdateMask().getPathsList(),
                                        AdminMapper.toWish(request.getFigures()),
                                        request.getEtag())))
                        .build());
    }

    @Override
    public void listTiers(ListTiersRequest request, StreamObserver<ListTiersResponse> response) {
        answer(response, about("tiers", ""), actor -> {
            int size = PageTokens.size(request.getPageSize());
            AdminPages pages = pages(actor);
            return pages.page(size, admin.tiers().list(pages.after(request), size + 1));
        });
    }

    @Override
    public void listAuditEvents(ListAuditEventsRequest request, StreamObserver<ListAuditEventsResponse> response) {
        answer(response, about("users", request.getUserId()), actor -> {
            int size = PageTokens.size(request.getPageSize());
            AdminPages pages = pages(actor);
            return pages.page(request, size, admin.audit().list(request.getUserId(), pages.before(request), size + 1));
        });
    }

    @Override
    public void verifyAudit(VerifyAuditRequest request, StreamObserver<VerifyAuditResponse> response) {
        answer(response, about("audit", ""), actor -> {
            AdminPages pages = pages(actor);
            return pages.page(admin.audit().verify(pages.after(request)));
        });
    }

    private static AdminCallNotes about(String kind, String name) {
        return about(kind, name, "");
    }

    // For the audit event of a call that is then denied.
    private static AdminCallNotes about(String kind, String name, String requestId) {
        AdminCallNotes notes = CallContext.notes();
        notes.about(kind, name);
        notes.requestedAs(requestId);
        return notes;
    }

    private <A> void answer(StreamObserver<A> response, AdminCallNotes notes, Function<Actor, A> action) {
        Actor actor = notes.actor();
        Replies.send(admin.work().submit(() -> action.apply(actor)), reply -> reply, response);
    }

    private static AdminPages pages(Actor actor) {
        return new AdminPages(actor.ownAccount());
    }

    private static String secret(Issued issued) {
        return issued.secret().map(io.wasmwiz.executor.auth.ApiKey::text).orElse("");
    }
}
