package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.admission.QuotaAnswer.TierLimits;
import io.wasmwiz.executor.auth.Caller;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one account that wait for units, longest first.
 *
 * <p>Not thread-safe: guarded by the lock of its {@link AccountQuota}.
 */
final class WaitingCalls {
    /** A call that waits. */
    static final class Call {
        final Caller caller;
        private final CompletableFuture<Taken> answer = new CompletableFuture<>();
        /** Answers of the store that were for it and left it without. */
        int emptyHanded;
        /** Looks at a spent day whose units may come back. */
        int recalls;

        private Call(Caller caller) {
            this.caller = caller;
        }
    }

    private final ArrayDeque<Call> calls = new ArrayDeque<>();

    /** The caller's answer, some time. */
    CompletableFuture<Taken> add(Caller caller) {
        Call call = new Call(caller);
        calls.add(call);
        return call.answer;
    }

    Optional<Caller> first() {
        return Optional.ofNullable(calls.peek()).map(call -> call.caller);
    }

    int size() {
        return calls.size();
    }

    boolean isEmpty() {
        return calls.isEmpty();
    }

    /** Calls that lack the same as those of {@code group}. */
    long ofGroup(Optional<UUID> group, Optional<TierLimits> limits) {
        return calls.stream()
                .filter(call -> AccountKeys.group(call.caller, limits).equals(group))
                .count();
    }

    /** Removes the calls that {@code answers} has an answer for; the completions are to be run outside the lock. */
    List<Runnable> serve(Function<Call, @Nullable Taken> answers) {
        List<Runnable> completions = new ArrayList<>();
        for (Iterator<Call> waiting = calls.iterator(); waiting.hasNext(); ) {
            Call call = waiting.next();
            Taken taken = answers.apply(call);
            if (taken != null) {
                waiting.remove();
                completions.add(() -> call.answer.complete(taken));
            }
        }
        return completions;
    }
}
