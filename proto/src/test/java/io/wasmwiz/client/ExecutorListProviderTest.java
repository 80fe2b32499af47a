package io.wasmwiz.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.grpc.NameResolverRegistry;
import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExecutorListProviderTest {
    @Test
    void grpcFindsItByItsScheme() {
        assertThat(NameResolverRegistry.getDefaultRegistry().getProviderForScheme(ExecutorListProvider.SCHEME))
                .isInstanceOf(ExecutorListProvider.class);
        assertThat(NameResolverRegistry.getDefaultRegistry().getDefaultScheme()).isNotEqualTo("wasmwiz");
    }

    @Test
    void takesNamesAndNumbersOfBothKinds() {
        assertThat(ExecutorListProvider.parse("one.example:8081,127.0.0.1:8091,[::1]:8101"))
                .extracting(InetSocketAddress::getHostString, InetSocketAddress::getPort)
                .containsExactly(tuple("one.example", 8081), tuple("127.0.0.1", 8091), tuple("::1", 8101));
    }

    @Test
    void saysWhichAddressIsNoneAndWhatIsAllowed() {
        for (String wrong : List.of("", "host", "host:", "host:0", "host:65536", ":1", "a:1,", "a:1,,b:2", "::1:80")) {
            assertThatThrownBy(() -> ExecutorListProvider.parse(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("host:port is expected");
        }
        assertThatThrownBy(() -> ExecutorListProvider.parse(String.join(",", Collections.nCopies(65, "a:1"))))
                .hasMessage("65 addresses were given and 64 are allowed");
    }
}
