package io.wasmwiz.local.cluster;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;

/**
 * How a process answers.
 *
 * @param isServing whether it does its work
 * @param text for people, for example {@code serving}, {@code draining}, {@code no answer}
 */
public record Health(boolean isServing, String text) {
    private static final int LIMIT_MILLIS = 2_000;
    private static final int BODY_BYTES = 2_000;
    private static final Health NO_ANSWER = new Health(false, "no answer");

    /** Asks: {@code /health/ready} where there is an admin port, else whether connections are accepted. Takes 2 s at most. */
    public static Health of(Role role, String address, String adminAddress) {
        return adminAddress.isEmpty() ? connect(role, address) : ready(adminAddress);
    }

    private static Health connect(Role role, String address) {
        int colon = address.lastIndexOf(':');
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))),
                    LIMIT_MILLIS);
            return new Health(true, role == Role.POSTGRESQL ? "accepts connections" : "listens");
        } catch (IOException e) {
            return NO_ANSWER;
        }
    }

    private static Health ready(String adminAddress) {
        try {
            HttpURLConnection http = (HttpURLConnection) URI.create("http://" + adminAddress + "/health/ready")
                    .toURL()
                    .openConnection();
            http.setConnectTimeout(LIMIT_MILLIS);
            http.setReadTimeout(LIMIT_MILLIS);
            try {
                if (http.getResponseCode() == HttpURLConnection.HTTP_OK) {
                    return new Health(true, "serving");
                }
                String body = new String(
                        http.getErrorStream().readNBytes(BODY_BYTES), java.nio.charset.StandardCharsets.UTF_8);
                return new Health(false, body.contains("draining") ? "draining" : body);
            } finally {
                http.disconnect();
            }
        } catch (IOException e) {
            return NO_ANSWER;
        }
    }
}
