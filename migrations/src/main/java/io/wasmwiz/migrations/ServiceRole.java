package io.wasmwiz.migrations;

/** The group roles that the schema makes, each with what its service needs and no more. */
public enum ServiceRole {
    /** The executor: admission, modules and usage. */
    EXECUTOR("wasmwiz_executor"),
    /** The executor's admin service: accounts, keys, tiers and the audit log. */
    ADMIN("wasmwiz_admin"),
    /** The metering worker: the ledger, the counters, the leases' end. */
    METERING("wasmwiz_metering"),
    /** People and reports: reads what is no secret. */
    READER("wasmwiz_reader");

    private final String roleName;

    ServiceRole(String roleName) {
        this.roleName = roleName;
    }

    /** The group role, which cannot log in, for example {@code wasmwiz_executor}. */
    public String roleName() {
        return roleName;
    }

    /** The login user that {@link ServiceLogins} makes a member of it, for example {@code wasmwiz_executor_login}. */
    public String loginName() {
        return roleName + "_login";
    }
}
