// Tally reads events, one JSON object per line, on standard input and the names of regions from the file tree, and reports
// with what Go's runtime and library have: goroutines, channels, select, timers, maps, garbage collection, reflection,
// regular expressions, panics, files.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

type event struct {
	Account string            `json:"account"`
	Region  string            `json:"region"`
	Units   int64             `json:"units"`
	At      time.Time         `json:"at"`
	Labels  map[string]string `json:"labels,omitempty"`
}

type sum struct {
	Account string   `json:"account"`
	Units   int64    `json:"units"`
	Regions []string `json:"regions"`
	First   string   `json:"first"`
}

var accountName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,15}$`)

func regions(root string) (map[string]string, error) {
	names := map[string]string{}
	err := fs.WalkDir(os.DirFS(root), "regions", func(at string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path.Join(root, at))
		if err == nil {
			names[strings.TrimSuffix(entry.Name(), ".txt")] = string(bytes.TrimSpace(content))
		}
		return err
	})
	return names, err
}

func decode(line string) (e event, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("caught: %v", cause)
		}
	}()
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		return e, err
	}
	if !accountName.MatchString(e.Account) {
		return e, fmt.Errorf("account %q is no name", e.Account)
	}
	_ = []int64{0, 1, 2, 3, 4}[e.Units%7] // Two of seven are out of its range.
	return e, nil
}

func main() {
	names, err := regions(".")
	if err != nil {
		var cause *fs.PathError
		fmt.Fprintln(os.Stderr, "tally:", errors.As(err, &cause), errors.Is(err, fs.ErrNotExist))
		os.Exit(3)
	}
	lines, events, faults := make(chan string), make(chan event), make(chan error)
	var workers sync.WaitGroup
	for i := 0; i < 8; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for line := range lines {
				if e, err := decode(line); err != nil {
					faults <- err
				} else {
					events <- e
				}
				runtime.Gosched()
			}
		}()
	}
	hash := sha256.New()
	go func() {
		scanner := bufio.NewScanner(os.Stdin)
		for scanner.Scan() {
			hash.Write(scanner.Bytes())
			lines <- scanner.Text()
		}
		close(lines)
		workers.Wait()
		close(events)
	}()
	sums, failed := map[string]*sum{}, []string{}
	garbage := 0
	for open := true; open; {
		select {
		case e, more := <-events:
			if open = more; !more {
				break
			}
			garbage += len(bytes.Repeat([]byte{byte(e.Units)}, 1<<16))
			s := sums[e.Account]
			if s == nil {
				s = &sum{Account: e.Account, First: e.At.UTC().Format(time.RFC3339)}
				sums[e.Account] = s
			}
			s.Units += e.Units
			s.Regions = append(s.Regions, names[e.Region])
			if at := e.At.UTC().Format(time.RFC3339); at < s.First {
				s.First = at
			}
		case err := <-faults:
			failed = append(failed, err.Error())
		case <-time.After(30 * time.Second):
			panic("nothing came")
		}
	}
	begin := time.Now()
	time.Sleep(2 * time.Millisecond)
	slept := time.Since(begin) >= 2*time.Millisecond
	all := make([]*sum, 0, len(sums))
	for _, s := range sums {
		sort.Strings(s.Regions)
		all = append(all, s)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Account < all[j].Account })
	sort.Strings(failed)
	runtime.GC()
	text, _ := json.MarshalIndent(all, "", "  ")
	fmt.Printf("%s\n%x\nslept: %t, garbage: %d\n", text, hash.Sum(nil), slept, garbage)
	for _, fault := range failed {
		fmt.Println(fault)
	}
	if len(failed) > 0 {
		os.Exit(4)
	}
}
