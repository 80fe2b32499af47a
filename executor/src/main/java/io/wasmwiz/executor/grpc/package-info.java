/** The gRPC edge: maps requests to commands and outcomes to replies. The only package with service stubs; knows no SQL, Kafka or engine. */
@NullMarked
package io.wasmwiz.executor.grpc;

import org.jspecify.annotations.NullMarked;
