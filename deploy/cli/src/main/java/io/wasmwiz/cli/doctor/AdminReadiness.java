package io.wasmwiz.cli.doctor;

import com.google.gson.stream.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The answer of an admin port's {@code /health/ready}.
 *
 * @param status {@code ready}, {@code draining} or {@code unavailable}
 * @param faults dependency to message, for those that do not serve
 */
record AdminReadiness(String status, String version, int schemaVersion, Map<String, String> faults) {
    private static final int TIMEOUT_MS = 3_000;
    private static final int LARGEST_BYTES = 65_536;

    /** Asks the admin port at {@code host:port}; throws IOException when nothing sensible answers. */
    static AdminReadiness fetch(String address) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://" + address + "/health/ready").toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MS);
        connection.setReadTimeout(TIMEOUT_MS);
        connection.setInstanceFollowRedirects(false);
        try {
            int code = connection.getResponseCode();
            try (InputStream body = code < 400 ? connection.getInputStream() : connection.getErrorStream()) {
                if (body == null || (code != 200 && code != 503)) {
                    throw new IOException("HTTP status " + code);
                }
                return parse(new String(body.readNBytes(LARGEST_BYTES), StandardCharsets.UTF_8));
            }
        } finally {
            connection.disconnect();
        }
    }

    static AdminReadiness parse(String body) throws IOException {
        String status = "unknown";
        String version = "unknown";
        int schemaVersion = 0;
        Map<String, String> faults = new LinkedHashMap<>();
        try (JsonReader json = new JsonReader(new StringReader(body))) {
            json.beginObject();
            while (json.hasNext()) {
                switch (json.nextName()) {
                    case "status" -> status = json.nextString();
                    case "version" -> version = json.nextString();
                    case "schema_version" -> schemaVersion = json.nextInt();
                    case "faults" -> {
                        json.beginObject();
                        while (json.hasNext()) {
                            faults.put(json.nextName(), json.nextString());
                        }
                        json.endObject();
                    }
                    default -> json.skipValue();
                }
            }
            json.endObject();
        } catch (IllegalStateException | NumberFormatException e) {
            throw new IOException("the answer is not that of an admin port", e);
        }
        return new AdminReadiness(status, version, schemaVersion, faults);
    }
}
