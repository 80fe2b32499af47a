package io.wasmwiz.executor.grpc;

import io.wasmwiz.executor.admin.Account;
import io.wasmwiz.executor.admin.AuditChain;
import io.wasmwiz.executor.admin.AuditEvent;
import io.wasmwiz.executor.admin.IssuedKey;
import io.wasmwiz.executor.admin.Place;
import io.wasmwiz.executor.admin.TierPlan;
import io.wasmwiz.v1.ListApiKeysRequest;
import io.wasmwiz.v1.ListApiKeysResponse;
import io.wasmwiz.v1.ListAuditEventsRequest;
import io.wasmwiz.v1.ListAuditEventsResponse;
import io.wasmwiz.v1.ListTiersRequest;
import io.wasmwiz.v1.ListTiersResponse;
import io.wasmwiz.v1.ListUsersRequest;
import io.wasmwiz.v1.ListUsersResponse;
import io.wasmwiz.v1.VerifyAuditRequest;
import io.wasmwiz.v1.VerifyAuditResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The pages of one caller's listings and the tokens between them, which hold for that caller, method and filter. Every
 * listing is asked for one more than a page has, to know whether another follows. Immutable.
 *
 * @param caller the account that asks
 */
record AdminPages(UUID caller) {
    private static final int ID_BYTES = 16;
    private static final int NAME_BYTES = 64;
    private static final int LINK_BYTES = Long.BYTES + 32;

    Optional<Place> after(ListUsersRequest request) {
        return place(listUsers(request), request.getPageToken());
    }

    ListUsersResponse page(ListUsersRequest request, int size, List<Account> found) {
        ListUsersResponse.Builder page = ListUsersResponse.newBuilder();
        found.stream().limit(size).map(AdminMapper::toProto).forEach(page::addUsers);
        if (found.size() > size) {
            Account last = found.get(size - 1);
            page.setNextPageToken(token(listUsers(request), last.createdAt(), last.id()));
        }
        return page.build();
    }

    private static String listUsers(ListUsersRequest request) {
        return "ListUsers\0" + request.getTier() + "\0" + request.getStatusValue();
    }

    Optional<Place> after(ListApiKeysRequest request) {
        return place(listKeys(request), request.getPageToken());
    }

    ListApiKeysResponse page(ListApiKeysRequest request, int size, List<IssuedKey> found) {
        ListApiKeysResponse.Builder page = ListApiKeysResponse.newBuilder();
        found.stream().limit(size).map(AdminMapper::toProto).forEach(page::addApiKeys);
        if (found.size() > size) {
            IssuedKey last = found.get(size - 1);
            page.setNextPageToken(token(listKeys(request), last.createdAt(), last.id()));
        }
        return page.build();
    }

    private static String listKeys(ListApiKeysRequest request) {
        return "ListApiKeys\0" + request.getUserId();
    }

    Optional<String> after(ListTiersRequest request) {
        return PageTokens.decode(caller, "ListTiers", 1, NAME_BYTES, request.getPageToken())
                .map(body -> new String(body, StandardCharsets.US_ASCII));
    }

    ListTiersResponse page(int size, List<TierPlan> found) {
        ListTiersResponse.Builder page = ListTiersResponse.newBuilder();
        found.stream().limit(size).map(AdminMapper::toProto).forEach(page::addTiers);
        if (found.size() > size) {
            byte[] last = found.get(size - 1).name().getBytes(StandardCharsets.US_ASCII);
            page.setNextPageToken(PageTokens.encode(caller, "ListTiers", last));
        }
        return page.build();
    }

    long before(ListAuditEventsRequest request) {
        return PageTokens.decode(caller, listEvents(request), Long.BYTES, Long.BYTES, request.getPageToken())
                .map(body -> ByteBuffer.wrap(body).getLong())
                .orElse(Long.MAX_VALUE);
    }

    ListAuditEventsResponse page(ListAuditEventsRequest request, int size, List<AuditEvent> found) {
        ListAuditEventsResponse.Builder page = ListAuditEventsResponse.newBuilder();
        found.stream().limit(size).map(AdminMapper::toProto).forEach(page::addEvents);
        if (found.size() > size) {
            byte[] last = ByteBuffer.allocate(Long.BYTES)
                    .putLong(found.get(size - 1).seq())
                    .array();
            page.setNextPageToken(PageTokens.encode(caller, listEvents(request), last));
        }
        return page.build();
    }

    private static String listEvents(ListAuditEventsRequest request) {
        return "ListAuditEvents\0" + request.getUserId();
    }

    AuditChain.Link after(VerifyAuditRequest request) {
        return PageTokens.decode(caller, "VerifyAudit", LINK_BYTES, LINK_BYTES, request.getPageToken())
                .map(body -> new AuditChain.Link(
                        ByteBuffer.wrap(body).getLong(), Arrays.copyOfRange(body, Long.BYTES, body.length)))
                .orElse(AuditChain.Link.START);
    }

    VerifyAuditResponse page(AuditChain.Finding finding) {
        AuditChain.Link last = finding.last();
        VerifyAuditResponse.Builder page = VerifyAuditResponse.newBuilder().setVerified(last.seq());
        finding.fault().map(AdminMapper::toProto).ifPresent(page::setFault);
        if (finding.end()) {
            page.setHeadHash(last.hexHash());
        } else if (finding.fault().isEmpty()) {
            byte[] body = ByteBuffer.allocate(LINK_BYTES)
                    .putLong(last.seq())
                    .put(last.hash())
                    .array();
            page.setNextPageToken(PageTokens.encode(caller, "VerifyAudit", body));
        }
        return page.build();
    }

    private Optional<Place> place(String call, String token) {
        return PageTokens.decode(caller, call, ID_BYTES, token).map(position -> {
            ByteBuffer id = ByteBuffer.wrap(position.key());
            return new Place(position.time(), new UUID(id.getLong(), id.getLong()));
        });
    }

    private String token(String call, Instant time, UUID id) {
        byte[] key = ByteBuffer.allocate(ID_BYTES)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
        return PageTokens.encode(caller, call, new PageTokens.Position(time, key));
    }
}
