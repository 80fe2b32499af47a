/** Accounts, keys, tiers and the audit log. */
@NullMarked
package io.wasmwiz.cli.admin;

import org.jspecify.annotations.NullMarked;
