package io.wasmwiz.executor.database;

import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;

/**
 * Transactions that say whose rows they mean. The executor's role sees and writes no tenant's row outside of one: row-level
 * security is the second wall between tenants, the account in every statement is the first. What a transaction said ends
 * with it, so a pooled connection carries nothing over. Costs one round trip more than a bare transaction. Thread-safe;
 * does not own the pool.
 */
public final class AccountTransactions {
    // The last parameter ends the setting with the transaction.
    private static final String IN_ACCOUNT = "SELECT set_config('wasmwiz.account_id', :value, true)";
    private static final String ACROSS_ACCOUNTS = "SELECT set_config('wasmwiz.across_accounts', :value, true)";

    private final Jdbi jdbi;

    public AccountTransactions(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Runs {@code work} in a transaction that reaches the rows of {@code accountId} and no others. */
    public <T, X extends Exception> T in(UUID accountId, HandleCallback<T, X> work) throws X {
        return jdbi.inTransaction(handle -> {
            say(handle, IN_ACCOUNT, accountId.toString());
            return work.withHandle(handle);
        });
    }

    /** Runs {@code work} in a transaction that reaches every account's counters, leases, minutes and claims, and no more. */
    public <T, X extends Exception> T acrossForQuota(HandleCallback<T, X> work) throws X {
        return jdbi.inTransaction(handle -> {
            say(handle, ACROSS_ACCOUNTS, "quota");
            return work.withHandle(handle);
        });
    }

    private static void say(Handle handle, String statement, String value) {
        handle.createQuery(statement).bind("value", value).mapTo(String.class).one();
    }
}
