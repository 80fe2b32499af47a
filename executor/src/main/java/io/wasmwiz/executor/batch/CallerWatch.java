package io.wasmwiz.executor.batch;

import io.wasmwiz.executor.auth.Authentication;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.CallerCheck;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.executor.refusal.Refusal;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** The caller of a batch, who is looked at again before each item. Of the batch's turns only. */
final class CallerWatch {
    private final CallerCheck check;
    private final Turns turns;
    private final Consumer<Refusal> end;
    private Caller caller;
    private boolean isAsking;
    private boolean isAnswered;

    /**
     * Begins with a caller who was just authenticated.
     *
     * @param end told why, when the caller may not call any more
     */
    CallerWatch(CallerCheck check, Turns turns, Caller caller, Consumer<Refusal> end) {
        this.check = check;
        this.turns = turns;
        this.caller = caller;
        this.end = end;
    }

    /** As last looked at. */
    Caller caller() {
        return caller;
    }

    /** Whether a key is being read, so that nothing may begin. */
    boolean isAsking() {
        return isAsking;
    }

    /** Whether the caller may run another item: answered at once unless a key has to be read; that ends in another turn. */
    boolean mayRunAnother() {
        if (isAnswered) {
            isAnswered = false;
            return true;
        }
        CompletableFuture<Authentication> answer = check.recheck(caller).toCompletableFuture();
        if (answer.isDone() && !answer.isCompletedExceptionally()) {
            return judge(answer.join());
        }
        isAsking = true;
        answer.whenComplete((authentication, failure) -> turns.note(() -> {
            isAsking = false;
            isAnswered = judge(failure == null ? authentication : new Authentication.Unavailable());
        }));
        return false;
    }

    private boolean judge(Authentication authentication) {
        if (authentication instanceof Authentication.Granted granted) {
            if (granted.caller().scopes().contains(Scope.EXECUTE)) {
                caller = granted.caller();
                return true;
            }
            end.accept(new Refusal.ScopeMissing(Scope.EXECUTE));
        } else if (authentication instanceof Authentication.Denied denied) {
            end.accept(new Refusal.NotAuthenticated(denied.reason()));
        } else {
            end.accept(new Refusal.AuthenticationUnavailable(Batches.RETRY_AFTER));
        }
        return false;
    }
}
