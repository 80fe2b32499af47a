package io.wasmwiz.cli.text;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;

/**
 * JSON output. Messages take protobuf's JSON form with the field names of the .proto files and every field present: 64-bit
 * numbers are strings, bytes are base64, timestamps RFC 3339.
 */
public final class Json {
    private Json() {}

    /** A message as indented text. */
    public static String print(MessageOrBuilder message) throws InvalidProtocolBufferException {
        return JsonFormat.printer()
                .preservingProtoFieldNames()
                .alwaysPrintFieldsWithNoPresence()
                .print(message);
    }

    /** A message as a tree, to be put into another. */
    public static JsonElement tree(MessageOrBuilder message) throws InvalidProtocolBufferException {
        return JsonParser.parseString(print(message));
    }

    /** A tree as indented text. */
    public static String print(JsonElement tree) {
        return new GsonBuilder()
                .setPrettyPrinting()
                .disableHtmlEscaping()
                .create()
                .toJson(tree);
    }
}
