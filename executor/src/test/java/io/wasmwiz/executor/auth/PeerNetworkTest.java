package io.wasmwiz.executor.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import org.junit.jupiter.api.Test;

class PeerNetworkTest {
    @Test
    void tellsEveryIpv4AddressApart() {
        assertThat(of("203.0.113.7")).isEqualTo(of("203.0.113.7")).isNotEqualTo(of("203.0.113.8"));
        assertThat(of("::ffff:203.0.113.7")).as("the same in the form of IPv6").isEqualTo(of("203.0.113.7"));
    }

    @Test
    void takesA64OfIpv6AsOne() {
        assertThat(of("2001:db8:1:2::1"))
                .isEqualTo(of("2001:db8:1:2:ffff:ffff:ffff:ffff"))
                .isNotEqualTo(of("2001:db8:1:3::1"))
                .isNotEqualTo(of("203.0.113.7"));
    }

    @Test
    void takesPeersWithoutAnAddressAsOne() {
        assertThat(PeerNetwork.of(UnixDomainSocketAddress.of("/socket")))
                .isEqualTo(PeerNetwork.of(null))
                .isEqualTo(PeerNetwork.of(InetSocketAddress.createUnresolved("nowhere.invalid", 1)))
                .isNotEqualTo(of("0.0.0.0"));
    }

    private static PeerNetwork of(String address) {
        return PeerNetwork.of(new InetSocketAddress(address, 5));
    }
}
