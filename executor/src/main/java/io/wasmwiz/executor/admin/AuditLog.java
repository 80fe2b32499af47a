package io.wasmwiz.executor.admin;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Reads and checks the audit log. Thread-safe; methods block. */
public final class AuditLog {
    private static final int STRETCH = 1_000;

    private final AdminStore store;

    AuditLog(AdminStore store) {
        this.store = store;
    }

    /**
     * A page, newest first.
     *
     * @param userId only events that concern this account; empty: all
     * @param before only events with a lower number
     */
    public List<AuditEvent> list(String userId, long before, int size) {
        FieldRules rules = new FieldRules();
        Optional<UUID> account = userId.isEmpty() ? Optional.empty() : Optional.of(rules.id("user_id", userId));
        rules.check();
        return store.inSnapshot(transaction -> transaction.events(account, before, size));
    }

    /** Checks the next 1,000 events after {@code last}, one that was found sound before. */
    public AuditChain.Finding verify(AuditChain.Link last) {
        return verify(last, STRETCH);
    }

    AuditChain.Finding verify(AuditChain.Link last, int size) {
        return store.inSnapshot(transaction ->
                AuditChain.check(last, transaction.eventsAfter(last.seq(), size), size, transaction.head()));
    }
}
