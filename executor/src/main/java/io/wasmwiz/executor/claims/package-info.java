/**
 * Claims of request ids: one execution id for one request, whatever happens between its attempts. Knows neither gRPC nor
 * what an execution is; PostgreSQL decides.
 */
@NullMarked
package io.wasmwiz.executor.claims;

import org.jspecify.annotations.NullMarked;
