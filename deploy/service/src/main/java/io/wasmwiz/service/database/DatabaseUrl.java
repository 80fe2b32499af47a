package io.wasmwiz.service.database;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * A database URL in the form that platforms hand out, {@code postgresql://user:password@host:port/database?options}, or
 * in the driver's own ({@code jdbc:postgresql:…}, taken as it is).
 *
 * @param jdbcUrl for the driver, without credentials unless the JDBC form had them
 * @param user null where the JDBC form holds it
 * @param password null where there is none
 */
public record DatabaseUrl(
        String jdbcUrl, @Nullable String user, @Nullable String password) {
    /** Parses {@code url}; throws IllegalArgumentException without repeating it, since it may hold a password. */
    public static DatabaseUrl parse(String url) {
        if (url.startsWith("jdbc:postgresql:")) {
            // Asked here, because the driver's own message repeats the URL, password and all.
            if (!new Driver().acceptsURL(url)) {
                throw new IllegalArgumentException("malformed database URL: the driver does not take it");
            }
            return new DatabaseUrl(url, null, null);
        }
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("malformed database URL: " + e.getReason());
        }
        String scheme = uri.getScheme();
        String path = uri.getPath();
        if (!("postgresql".equals(scheme) || "postgres".equals(scheme))
                || uri.getHost() == null
                || path == null
                || path.length() < 2) {
            throw new IllegalArgumentException(
                    "malformed database URL: postgresql://user:password@host:port/database is expected");
        }
        String jdbc = "jdbc:postgresql://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort())
                + uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
        String credentials = uri.getRawUserInfo();
        if (credentials == null) {
            return new DatabaseUrl(jdbc, null, null);
        }
        int colon = credentials.indexOf(':');
        return colon < 0
                ? new DatabaseUrl(jdbc, decode(credentials), null)
                : new DatabaseUrl(
                        jdbc, decode(credentials.substring(0, colon)), decode(credentials.substring(colon + 1)));
    }

    /** Whether {@link #parse} takes {@code url}. */
    public static boolean isValid(String url) {
        try {
            parse(url);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "DatabaseUrl[user=" + user + "]";
    }
}
