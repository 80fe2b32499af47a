package io.wasmwiz.executor.claims;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.claims.Claim.Granted;
import io.wasmwiz.executor.claims.Claim.Reason;
import io.wasmwiz.executor.claims.RequestClaims.Attempt;
import io.wasmwiz.executor.claims.RequestClaims.Request;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every store of claims promises. */
abstract class RequestClaimsContract {
    static final int MAX_ATTEMPTS = 3;

    private static final ContentHash CONTENT = content(1);

    /** One that allows {@link #MAX_ATTEMPTS}. */
    abstract RequestClaims store();

    abstract LocalDate today();

    /** Lets {@code days} pass for a claim. */
    abstract void age(RequestKey key, int days);

    /** Puts the charged row of {@code execution} on the ledger. */
    abstract Claim.Payment charge(RequestKey key, UUID execution, LocalDate day);

    /** Opens a lease. */
    abstract UUID lease(UUID account, LocalDate day);

    /** Settles it. */
    abstract void close(UUID lease);

    /** The oldest day that the ledger keeps from here on. */
    abstract void floor(LocalDate day);

    @Test
    void givesARequestOneExecutionIdHoweverOftenItComes() {
        RequestKey key = key();

        Granted first = granted(claim(key, CONTENT));
        Granted again = granted(claim(key, CONTENT));

        assertThat(again).isEqualTo(first);
        assertThat(first.payment()).isEmpty();
        assertThat(first.executionId().version()).isEqualTo(7);
        assertThat(first.executionId().variant()).isEqualTo(2);
        assertThat(dayOf(first.executionId())).isEqualTo(first.day()).isEqualTo(today());
    }

    @Test
    void givesOneIdToAllWhoComeAtOnce() {
        RequestKey key = key();

        List<CompletableFuture<Claim>> claims = IntStream.range(0, 2 * MAX_ATTEMPTS)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> claim(key, CONTENT)))
                .toList();
        List<Claim> answers = claims.stream().map(CompletableFuture::join).toList();

        assertThat(answers).filteredOn(Granted.class::isInstance).hasSize(MAX_ATTEMPTS);
        assertThat(answers)
                .filteredOn(Granted.class::isInstance)
                .extracting(claim -> granted(claim).executionId())
                .containsOnly(granted(answers.stream()
                                .filter(Granted.class::isInstance)
                                .findFirst()
                                .orElseThrow())
                        .executionId());
    }

    @Test
    void answersABatchInItsOrder() {
        RequestKey one = key();
        RequestKey other = new RequestKey(UUID.randomUUID(), one.requestId());

        List<Claim> claims = store().claim(List.of(
                new Request(one, CONTENT),
                new Request(other, CONTENT),
                new Request(one, content(2)),
                new Request(one, CONTENT)));

        assertThat(claims.get(1)).isNotEqualTo(claims.get(0)).isInstanceOf(Granted.class);
        assertThat(claims.get(2)).isEqualTo(new Claim.Refused(Reason.OTHER_CONTENT));
        assertThat(claims.get(3)).isEqualTo(claims.get(0)).isInstanceOf(Granted.class);
    }

    @Test
    void boundsAttemptsAndDoesNotCountWhatIsGivenBack() {
        RequestKey key = key();
        UUID execution = granted(claim(key, CONTENT)).executionId();
        IntStream.range(1, MAX_ATTEMPTS).forEach(i -> granted(claim(key, CONTENT)));
        assertThat(claim(key, CONTENT)).isEqualTo(new Claim.Refused(Reason.ATTEMPTS_SPENT));

        store().giveBack(List.of(new Attempt(key, execution), new Attempt(key, UUID.randomUUID())));

        assertThat(granted(claim(key, CONTENT)).executionId()).isEqualTo(execution);
        assertThat(claim(key, CONTENT)).isEqualTo(new Claim.Refused(Reason.ATTEMPTS_SPENT));
    }

    @Test
    void tellsThePaymentOfWhatIsChargedAlsoOnTheNextDay() {
        RequestKey key = key();
        Granted first = granted(claim(key, CONTENT));
        age(key, 1);
        lease(key.accountId(), today().minusDays(1));
        Claim.Payment payment = charge(key, first.executionId(), today().minusDays(1));

        Granted repeat = granted(claim(key, CONTENT));

        assertThat(repeat.executionId()).isEqualTo(first.executionId());
        assertThat(repeat.day()).isEqualTo(today().minusDays(1));
        assertThat(repeat.payment()).contains(payment);
    }

    @Test
    void keepsTheIdAfterItsDayUntilNoLeaseCanChargeItAnyMore() {
        RequestKey key = key();
        Granted first = granted(claim(key, CONTENT));
        age(key, 1);
        UUID used = lease(key.accountId(), today().minusDays(1));
        lease(key.accountId(), today());
        lease(UUID.randomUUID(), today().minusDays(1));
        assertThat(claim(key, CONTENT)).isEqualTo(new Claim.Refused(Reason.SETTLING));

        close(used);
        Granted moved = granted(claim(key, CONTENT));

        assertThat(moved.executionId()).isNotEqualTo(first.executionId());
        assertThat(moved.day()).isEqualTo(dayOf(moved.executionId())).isEqualTo(today());
        assertThat(granted(claim(key, CONTENT))).isEqualTo(moved);
        store().giveBack(List.of(new Attempt(key, first.executionId())));
        assertThat(claim(key, CONTENT))
                .as("attempts of both ids count together")
                .isEqualTo(new Claim.Refused(Reason.ATTEMPTS_SPENT));
    }

    @Test
    void refusesARequestBeforeTheLedgerForgetsIt() {
        RequestKey old = key();
        RequestKey younger = key();
        granted(claim(old, CONTENT));
        granted(claim(younger, CONTENT));
        age(old, 5);
        age(younger, 4);

        floor(today().minusDays(5));

        assertThat(claim(old, CONTENT)).isEqualTo(new Claim.Refused(Reason.EXPIRED));
        assertThat(claim(younger, CONTENT)).isInstanceOf(Granted.class);
    }

    private Claim claim(RequestKey key, ContentHash content) {
        return store().claim(List.of(new Request(key, content))).get(0);
    }

    private static RequestKey key() {
        return new RequestKey(UUID.randomUUID(), UUID.randomUUID());
    }

    private static ContentHash content(int seed) {
        byte[] sha256 = new byte[32];
        sha256[31] = (byte) seed;
        return new ContentHash(sha256);
    }

    private static Granted granted(Claim claim) {
        assertThat(claim).isInstanceOf(Granted.class);
        return (Granted) claim;
    }

    private static LocalDate dayOf(UUID id) {
        return LocalDate.ofInstant(Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16), ZoneOffset.UTC);
    }
}
