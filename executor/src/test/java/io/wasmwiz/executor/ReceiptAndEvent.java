package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.v1.Receipt;
import java.util.HexFormat;

/** What the caller was told against what the ledger will be told. */
final class ReceiptAndEvent {
    private ReceiptAndEvent() {}

    /** Compares every field of the receipt; only the ledger's reader may know less: the quota that was left. */
    static void assertAgree(Receipt receipt, ExecutionEvent event) {
        for (FieldDescriptor told : Receipt.getDescriptor().getFields()) {
            if (told.getNumber() == Receipt.QUOTA_REMAINING_FIELD_NUMBER) {
                continue;
            }
            FieldDescriptor recorded = ExecutionEvent.getDescriptor().findFieldByName(told.getName());
            assertThat(recorded).as("field %s of the event", told.getName()).isNotNull();
            assertThat(plain(receipt.getField(told))).as(told.getName()).isEqualTo(plain(event.getField(recorded)));
            if (told.hasPresence()) {
                assertThat(receipt.hasField(told)).as(told.getName()).isEqualTo(event.hasField(recorded));
            }
        }
    }

    /** Enums by number; ids and digests, which the event has as bytes, by the receipt's text. */
    private static Object plain(Object value) {
        if (value instanceof EnumValueDescriptor word) {
            return word.getNumber();
        }
        if (!(value instanceof ByteString bytes)) {
            return value;
        }
        return switch (bytes.size()) {
            case 0 -> "";
            case 16 -> ExecutionLogReader.uuid(bytes).toString();
            default -> HexFormat.of().formatHex(bytes.toByteArray());
        };
    }
}
