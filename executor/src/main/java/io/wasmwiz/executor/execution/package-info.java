/** The story of one execution. Knows the plain types of auth, admission, modules, sandbox and events; not gRPC, Kafka, SQL or the engine. */
@NullMarked
package io.wasmwiz.executor.execution;

import org.jspecify.annotations.NullMarked;
