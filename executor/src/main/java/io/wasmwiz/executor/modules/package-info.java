/** Tenants' modules: static rules, storage and a bounded cache of their bytes. */
@NullMarked
package io.wasmwiz.executor.modules;

import org.jspecify.annotations.NullMarked;
