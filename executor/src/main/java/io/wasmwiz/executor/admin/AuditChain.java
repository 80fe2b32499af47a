package io.wasmwiz.executor.admin;

import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Checks the audit log's chain of hashes, a stretch at a time. Pure; stateless. */
public final class AuditChain {
    private AuditChain() {}

    /**
     * An event that was found sound, or the place before the first.
     *
     * @param hash 32 bytes, not copied
     */
    public record Link(long seq, byte[] hash) {
        /** Before the first event. */
        public static final Link START = new Link(0, new byte[32]);

        /** 64 hex digits. */
        public String hexHash() {
            return HexFormat.of().formatHex(hash);
        }
    }

    /** Where the log is not what was written. */
    public record Fault(long seq, String description) {}

    /**
     * What was found.
     *
     * @param last the last sound event
     * @param end whether the end of the log was reached without a fault
     */
    public record Finding(Link last, Optional<Fault> fault, boolean end) {}

    /**
     * Checks the events that follow {@code from}.
     *
     * @param events the next ones in order, at most {@code size}
     * @param size how many were asked for: fewer mean that the log ends here
     * @param head what the log says of its newest event, read at the same instant
     */
    static Finding check(Link from, List<AuditEvent> events, int size, Link head) {
        Link last = from;
        for (AuditEvent event : events) {
            Optional<Fault> fault = check(last, event);
            if (fault.isPresent()) {
                return new Finding(last, fault, false);
            }
            last = new Link(event.seq(), event.hash());
        }
        if (events.size() == size) {
            return new Finding(last, Optional.empty(), false);
        }
        Optional<Fault> atEnd = checkEnd(last, head);
        return new Finding(last, atEnd, atEnd.isEmpty());
    }

    private static Optional<Fault> check(Link last, AuditEvent event) {
        if (event.seq() != last.seq() + 1) {
            return fault(last.seq() + 1, "it is missing: the next event is %d".formatted(event.seq()));
        }
        if (!MessageDigest.isEqual(event.hash(), event.expectedHash())) {
            return fault(event.seq(), "its content and its hash do not agree: one of them was changed");
        }
        if (!MessageDigest.isEqual(event.previousHash(), last.hash())) {
            return fault(event.seq(), "it does not follow on the event before it: one of the two was replaced");
        }
        return Optional.empty();
    }

    private static Optional<Fault> checkEnd(Link last, Link head) {
        if (head.seq() > last.seq()) {
            return fault(last.seq() + 1, "it is missing: %d events were written".formatted(head.seq()));
        }
        if (head.seq() < last.seq()) {
            return fault(head.seq() + 1, "it was not written by the log: %d events were".formatted(head.seq()));
        }
        return MessageDigest.isEqual(head.hash(), last.hash())
                ? Optional.empty()
                : fault(last.seq(), "it is not the event that was written last");
    }

    private static Optional<Fault> fault(long seq, String description) {
        return Optional.of(new Fault(seq, description));
    }
}
