/** Who calls: API keys, accounts and the tier that applies. Knows SQL in its Postgres class only; nothing of quotas, modules or gRPC. */
@NullMarked
package io.wasmwiz.executor.auth;

import org.jspecify.annotations.NullMarked;
