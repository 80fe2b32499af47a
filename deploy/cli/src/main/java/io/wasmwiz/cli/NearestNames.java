package io.wasmwiz.cli;

import java.util.Collection;
import java.util.List;

/** Names that somebody may have meant by one that does not exist. */
final class NearestNames {
    private NearestNames() {}

    /**
     * Those of {@code names} that {@code typed} abbreviates, or else that are the fewest slips away from it: at most one
     * in three characters. A slip is a character too many, missing, wrong, or swapped with its neighbour.
     */
    static List<String> of(String typed, Collection<String> names) {
        List<String> longer = names.stream()
                .filter(name -> typed.length() > 1 && name.startsWith(typed))
                .toList();
        if (!longer.isEmpty()) {
            return longer;
        }
        for (int slips = 1; slips <= 2 && 3 * slips <= typed.length(); slips++) {
            int allowed = slips;
            List<String> near = names.stream()
                    .filter(name -> Math.abs(name.length() - typed.length()) <= allowed)
                    .filter(name -> slips(typed, name) <= allowed)
                    .toList();
            if (!near.isEmpty()) {
                return near;
            }
        }
        return List.of();
    }

    /** The optimal string alignment distance. */
    private static int slips(String typed, String name) {
        int[][] distance = new int[typed.length() + 1][name.length() + 1];
        for (int i = 0; i <= typed.length(); i++) {
            for (int j = 0; j <= name.length(); j++) {
                distance[i][j] = i == 0 || j == 0 ? i + j : step(distance, typed, name, i, j);
            }
        }
        return distance[typed.length()][name.length()];
    }

    private static int step(int[][] distance, String typed, String name, int i, int j) {
        boolean same = typed.charAt(i - 1) == name.charAt(j - 1);
        int least = Math.min(distance[i - 1][j] + 1, distance[i][j - 1] + 1);
        least = Math.min(least, distance[i - 1][j - 1] + (same ? 0 : 1));
        boolean swapped = i > 1
                && j > 1
                && typed.charAt(i - 1) == name.charAt(j - 2)
                && typed.charAt(i - 2) == name.charAt(j - 1);
        return swapped ? Math.min(least, distance[i - 2][j - 2] + 1) : least;
    }
}
