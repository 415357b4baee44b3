package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.libc.Libc;
import dev.javf.linux.net.Net;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** The hand-linked calls have the parameters that the C headers give them. */
class SystemCallsTest {
    /** Variadic in C, so that the bindings have no one descriptor for them; or not bound. */
    private static final Set<String> NOT_COMPARABLE =
            Set.of("open", "fcntl", "ioctl", "munlockall");

    @ParameterizedTest
    @ValueSource(classes = {SystemCalls.class, SocketCalls.class, ProcessCalls.class})
    void shouldAgreeWithTheGeneratedDescriptors(final Class<?> calls) throws Exception {
        final List<String> compared = new ArrayList<>();
        for (final Field field : calls.getDeclaredFields()) {
            final String function = field.getName().toLowerCase(Locale.ROOT);
            if (field.getType() != MethodHandle.class || NOT_COMPARABLE.contains(function)) {
                continue;
            }
            field.setAccessible(true);
            final MethodType linked = ((MethodHandle) field.get(null)).type();
            assertThat(linked.parameterType(0)).isEqualTo(MemorySegment.class);
            assertThat(addressesAsNumbers(linked.dropParameterTypes(0, 1)))
                    .as(function)
                    .isEqualTo(addressesAsNumbers(generated(function)));
            compared.add(function);
        }
        assertThat(compared).hasSizeGreaterThan(5);
    }

    private static MethodType generated(final String function) throws Exception {
        final Method descriptor =
                Stream.of(Libc.class, Net.class)
                        .flatMap(header -> Stream.of(header.getMethods()))
                        .filter(method -> method.getName().equals(function + "$descriptor"))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("no binding has " + function));
        return ((FunctionDescriptor) descriptor.invoke(null)).toMethodType();
    }

    private static MethodType addressesAsNumbers(final MethodType type) {
        MethodType result = type;
        for (int i = 0; i < type.parameterCount(); i++) {
            if (type.parameterType(i) == MemorySegment.class) {
                result = result.changeParameterType(i, long.class);
            }
        }
        return type.returnType() == MemorySegment.class
                ? result.changeReturnType(long.class)
                : result;
    }
}
