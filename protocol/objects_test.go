package protocol

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTimeOnTheWire(t *testing.T) {
	at := time.Date(2026, 1, 31, 10, 30, 0, 123_999_999, time.FixedZone("CET", 3600))
	require.Equal(t, "2026-01-31T09:30:00.123Z", At(at).Format(time.RFC3339Nano))
	for ms, want := range map[int64]string{0: "1970-01-01T00:00:00.000Z", 1_769_851_800_000: "2026-01-31T09:30:00.000Z"} {
		out, err := json.Marshal(AtMillis(ms))
		require.NoError(t, err)
		require.Equal(t, []byte(`"`+want+`"`), out)
		var back Time
		require.NoError(t, json.Unmarshal(out, &back))
		require.Equal(t, AtMillis(ms), back)
	}
	require.Nil(t, OptionalAtMillis(0))
	require.Equal(t, AtMillis(1), *OptionalAtMillis(1))
	for _, bad := range []string{`5`, `"soon"`, `"2026-01-31"`, `"2026-02-31T09:30:00Z"`, `"2026-01-31 09:30:00Z"`, `"9999-12-31T23:59:59-01:00"`} {
		var back Time
		require.Error(t, json.Unmarshal([]byte(bad), &back), bad)
	}
}

// A member given twice is found among few and among many.
func TestDoubledNameAmongMany(t *testing.T) {
	for _, n := range []int{2, 16, 17, 18, 300} {
		members := make([]string, n)
		for i := range members {
			members[i] = fmt.Sprintf(`"m%d":%d`, i, i)
		}
		data := strings.Join(members, ",")
		params := `{"session_id":"s","kind":"k","data":{%s}}`
		require.Nil(t, DecodeParams(json.RawMessage(fmt.Sprintf(params, data)), &SessionSendParams{}), n)
		for _, twice := range []int{0, n / 2, n - 1} {
			err := DecodeParams(json.RawMessage(fmt.Sprintf(params, data+fmt.Sprintf(`,"m%d":0`, twice))), &SessionSendParams{})
			require.NotNil(t, err, n)
			require.Equal(t, fmt.Sprintf("data.m%d", twice), err.Data.Field)
		}
	}
}

func TestFreeFormJSONIsKept(t *testing.T) {
	for _, data := range []string{`null`, `true`, `false`, `-0.5e+10`, `1E-2`, `"\u00e9\/\n\t\r\f\b\\\""`, `[]`, `{}`, `[[1],{"a":[null]}]`, `"` + "\u2028<>&" + `"`} {
		var p SessionSendParams
		require.Nil(t, DecodeParams(json.RawMessage(`{"session_id":"s","kind":"k","data":`+data+`}`), &p), data)
		out, err := EncodeNotification(NotifySessionMessage, &SessionMessage{Data: p.Data})
		require.NoError(t, err)
		require.Contains(t, string(out), `"data":`+data+`}`)
	}
	for _, data := range []string{`nul`, `tru`, `-`, `1.`, `1e`, `.5`, `+1`, `NaN`, `'a'`, `"\u12g4"`, "\"\t\"", `[1,]`, `{"a":1,}`, `{a:1}`} {
		_, _, err := ParseFrame([]byte(`{"jsonrpc":"2.0","id":1,"method":"session.send","params":{"data":` + data + `}}`))
		require.NotNil(t, err, data)
		require.Equal(t, CodeParse, err.Code)
	}
}
