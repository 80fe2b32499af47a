/**
 * What every WasmWiz process shares: configuration, logging, the database pool and schema check, health, the admin HTTP
 * port, and orderly closing. Knows nothing of executions or metering.
 */
@NullMarked
package io.wasmwiz.service;

import org.jspecify.annotations.NullMarked;
