package io.wasmwiz.executor.admin;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One flat JSON object for the audit log, members in the order they were put. Not thread-safe. */
final class JsonText {
    private final JsonObject object = new JsonObject();

    JsonText put(String name, @Nullable Object value) {
        if (value == null) {
            object.add(name, JsonNull.INSTANCE);
        } else if (value instanceof Number number) {
            object.addProperty(name, number);
        } else if (value instanceof List<?> list) {
            JsonArray array = new JsonArray();
            list.forEach(element -> array.add(String.valueOf(element)));
            object.add(name, array);
        } else {
            object.addProperty(name, value.toString());
        }
        return this;
    }

    @Override
    public String toString() {
        return object.toString();
    }
}
