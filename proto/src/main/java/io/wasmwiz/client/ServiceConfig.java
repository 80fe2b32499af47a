package io.wasmwiz.client;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;

/**
 * The gRPC service configs that ship with the stubs, for {@code ManagedChannelBuilder.defaultServiceConfig}. Clients in
 * other languages take the same JSON: {@code wasmwiz/v1/service_config.json} and
 * {@code wasmwiz/v1/service_config_for_request_ids.json}.
 *
 * <p>Both spread calls over all addresses (round robin) and let a call wait for a connection, so give every call a
 * deadline. What the transport knows never reached a server is tried again by gRPC itself. Beyond that only calls are
 * repeated that may be: UNAVAILABLE also stands for a connection that broke, after which a run may have happened.
 * Stateless.
 */
public final class ServiceConfig {
    private ServiceConfig() {}

    /** Repeats calls that only read. An Execute is never repeated: without a request id it could run and be charged twice. */
    public static Map<String, ?> standard() {
        return read("/wasmwiz/v1/service_config.json");
    }

    /**
     * Also repeats Execute, five attempts at most, after UNAVAILABLE and after UNKNOWN (OUTCOME_UNKNOWN). Only for clients
     * that set {@code request_id} in every Execute, which makes a repeat the same execution, charged once.
     */
    public static Map<String, ?> forRequestIds() {
        return read("/wasmwiz/v1/service_config_for_request_ids.json");
    }

    private static Map<String, ?> read(String resource) {
        try (InputStream in = Objects.requireNonNull(ServiceConfig.class.getResourceAsStream(resource));
                Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
            return new Gson().fromJson(reader, new TypeToken<Map<String, Object>>() {}.getType());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
