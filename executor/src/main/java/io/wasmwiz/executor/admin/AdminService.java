package io.wasmwiz.executor.admin;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.work.WorkPool;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.database.Database;
import io.wasmwiz.service.database.SchemaCheck;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The parts of the admin service, on threads and connections of its own, so that operators and tenants do not stand in
 * each other's way. Thread-safe; its opener closes it.
 */
public final class AdminService implements AutoCloseable {
    private static final Duration FLUSH_INTERVAL = Duration.ofMinutes(1);

    private final Closer closer;
    private final WorkPool work;
    private final AccountAdmin accounts;
    private final KeyAdmin keys;
    private final TierAdmin tiers;
    private final AuditLog audit;
    private final DenialLog denials;

    private AdminService(Closer closer, WorkPool work, AdminStore store, DenialLog denials, AdminConfig config) {
        this.closer = closer;
        this.work = work;
        this.denials = denials;
        SecureRandom random = new SecureRandom();
        TimeBasedEpochGenerator ids = Generators.timeBasedEpochGenerator(random);
        this.accounts = new AccountAdmin(store, ids::generate);
        this.keys = new KeyAdmin(
                store,
                new MinuteCounts(config.changesPerMinute(), Clock.systemUTC()),
                config.keysPerAccount(),
                ids::generate,
                random);
        this.tiers = new TierAdmin(store);
        this.audit = new AuditLog(store);
    }

    /**
     * Opens it.
     *
     * @param connectionTimeout longest wait for a connection
     * @param wait for PostgreSQL to answer
     * @param timers flushes the count of denied calls; not owned
     * @throws io.wasmwiz.service.database.SchemaMismatchException when PostgreSQL does not answer within {@code wait},
     *     or the login lacks the role's rights
     */
    public static AdminService open(
            AdminConfig config,
            Duration connectionTimeout,
            Duration wait,
            ScheduledExecutorService timers,
            MeterRegistry metrics) {
        Closer closer = new Closer();
        try {
            Database database = closer.add(Database.open(config.database(connectionTimeout), "wasmwiz-admin", metrics));
            SchemaCheck.require(database, wait);
            PostgresAdminStore store = new PostgresAdminStore(database.jdbi());
            store.requireRights();
            WorkPool work = closer.add(WorkPool.open("admin", config.threads(), config.queue(), metrics));
            DenialLog denials = new DenialLog(store, work, config.denialsPerMinute(), Clock.systemUTC(), metrics);
            // Queued before the pool takes its last work.
            closer.add(denials::flush);
            var flushing = timers.scheduleWithFixedDelay(
                    denials::flush, FLUSH_INTERVAL.toSeconds(), FLUSH_INTERVAL.toSeconds(), TimeUnit.SECONDS);
            closer.add(() -> flushing.cancel(false));
            return new AdminService(closer, work, store, denials, config);
        } catch (Throwable t) {
            throw closer.closeAfter(t);
        }
    }

    /** Where its calls run. */
    public WorkPool work() {
        return work;
    }

    public AccountAdmin accounts() {
        return accounts;
    }

    public KeyAdmin keys() {
        return keys;
    }

    public TierAdmin tiers() {
        return tiers;
    }

    public AuditLog audit() {
        return audit;
    }

    public DenialLog denials() {
        return denials;
    }

    @Override
    public void close() {
        closer.close();
    }
}
