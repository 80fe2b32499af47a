package io.wasmwiz.executor.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.embedded.EmbeddedPostgresConfig;
import io.wasmwiz.executor.admission.Admission.Admitted;
import io.wasmwiz.executor.admission.Admission.Unavailable;
import io.wasmwiz.executor.admission.Permit.Use;
import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.executor.auth.AuthConfig;
import io.wasmwiz.executor.auth.Authentication;
import io.wasmwiz.executor.auth.Authentication.Denied;
import io.wasmwiz.executor.auth.Authentication.Granted;
import io.wasmwiz.executor.auth.Authenticator;
import io.wasmwiz.executor.auth.CachingAuthenticator;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.DevelopmentAuthenticator;
import io.wasmwiz.executor.auth.PeerNetwork;
import io.wasmwiz.executor.events.RecordingExecutionEvents;
import io.wasmwiz.migrations.Migrations;
import io.wasmwiz.service.database.Database;
import io.wasmwiz.service.database.DatabaseConfig;
import io.wasmwiz.service.database.DatabaseUrl;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Authentication and admission while PostgreSQL dies and comes back. */
class KilledPostgresIT {
    /** For a busy machine. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

    @Test
    void heldLeasesServeOthersAreUnavailableAndServiceResumesByItself() {
        try (EmbeddedPostgres server = EmbeddedPostgres.start(EmbeddedPostgresConfig.of(
                directory.resolve("postgresql"), UUID.randomUUID().toString()))) {
            Migrations.of(DatabaseUrl.parse(server.url("postgres"))).migrate();
            AuthConfig defaults = AuthConfig.defaults();
            // With the shortest grace of cached keys.
            AuthConfig auth = new AuthConfig(
                    true,
                    defaults.epochPoll(),
                    Duration.ofSeconds(1),
                    defaults.cacheRefresh(),
                    defaults.cacheEntries(),
                    defaults.cacheUnknownEntries(),
                    defaults.failuresPerMinute(),
                    defaults.failureNetworks(),
                    defaults.databaseThreads(),
                    defaults.databaseQueue());
            try (Database database = Database.open(
                            new DatabaseConfig(server.url("postgres"), 4, Duration.ofSeconds(1)), "test", metrics);
                    CachingAuthenticator keys = CachingAuthenticator.open(auth, database.jdbi(), metrics);
                    LeasedAdmission admission = LeasedAdmission.open(
                            AdmissionConfig.defaults("executor-1"),
                            database.jdbi(),
                            new RecordingExecutionEvents(),
                            Duration.ofSeconds(10),
                            metrics)) {
                DevelopmentAuthenticator development = new DevelopmentAuthenticator(keys);
                Caller developer = ((Granted) authenticate(development, null)).caller();
                Caller stranger =
                        new Caller(UUID.randomUUID(), developer.apiKeyId(), developer.scopes(), developer.tier());
                String unknownKey =
                        "Bearer " + ApiKey.generate(new SecureRandom()).text();
                assertThat(authenticate(keys, unknownKey)).isEqualTo(new Denied(Authentication.Reason.KEY_UNKNOWN));
                // Units of one minute do not serve in the next, which cannot be asked for then.
                await().atMost(PATIENCE).until(() -> System.currentTimeMillis() % 60_000 < 45_000);
                UUID lease = admitAndReturn(admission, developer);

                server.kill();

                assertThat(admitAndReturn(admission, developer)).isEqualTo(lease);
                assertThat(admit(admission, stranger)).isInstanceOf(Unavailable.class);
                await().atMost(PATIENCE)
                        .until(() -> authenticate(keys, unknownKey) instanceof Authentication.Unavailable);
                await().atMost(PATIENCE)
                        .until(() -> authenticate(development, null) instanceof Authentication.Unavailable);

                server.restart();

                await().atMost(PATIENCE).until(() -> authenticate(keys, unknownKey) instanceof Denied);
                await().atMost(PATIENCE).until(() -> isAdmitted(admission, developer));
                assertThat(admitAndReturn(admission, developer)).isEqualTo(lease);
            }
        }
    }

    private static Authentication authenticate(Authenticator authenticator, @Nullable String header) {
        return authenticator
                .authenticate(header, PeerNetwork.of(null))
                .toCompletableFuture()
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
    }

    private static UUID admitAndReturn(LeasedAdmission admission, Caller caller) {
        Permit permit = ((Admitted) admit(admission, caller)).permit();
        permit.release(Use.RETURNED);
        return permit.leaseId();
    }

    private static boolean isAdmitted(LeasedAdmission admission, Caller caller) {
        Admission answer = admit(admission, caller);
        if (answer instanceof Admitted admitted) {
            admitted.permit().release(Use.RETURNED);
        }
        return answer instanceof Admitted;
    }

    private static Admission admit(LeasedAdmission admission, Caller caller) {
        return admission
                .admit(caller)
                .toCompletableFuture()
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
    }
}
