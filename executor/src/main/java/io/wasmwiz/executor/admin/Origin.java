package io.wasmwiz.executor.admin;

/**
 * Where a call came from, bounded for the audit log.
 *
 * @param address of the peer, at most 64 characters
 * @param userAgent what the client calls itself, at most 256 characters, printable
 */
public record Origin(String address, String userAgent) {
    private static final int ADDRESS_CHARACTERS = 64;
    private static final int USER_AGENT_CHARACTERS = 256;

    public Origin {
        address = printable(address, ADDRESS_CHARACTERS);
        userAgent = printable(userAgent, USER_AGENT_CHARACTERS);
    }

    private static String printable(String text, int characters) {
        return text.codePoints()
                .limit(characters)
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
