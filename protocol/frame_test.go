package protocol

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseFrame(t *testing.T) {
	items, batch, err := ParseFrame([]byte(" {\"jsonrpc\":\"2.0\", \"id\" : 7,\t\"method\":\"people.focus\",\"params\":{ \"user_id\":\"b\"}}\n"))
	require.Nil(t, err)
	require.False(t, batch)
	require.Equal(t, []Item{{Request: Request{ID: json.RawMessage("7"), Method: MethodPeopleFocus, Params: json.RawMessage(`{ "user_id":"b"}`)}}}, items)
	require.True(t, items[0].Answered())
}

func TestParseFrameRefusesWhole(t *testing.T) {
	many := "[" + strings.Repeat(`{"jsonrpc":"2.0","id":1,"method":"x"},`, MaxBatch) + `{"jsonrpc":"2.0","id":1,"method":"x"}]`
	deep := `{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}}`
	for name, tc := range map[string]struct {
		frame string
		code  Code
	}{
		"nothing":                  {"", CodeParse},
		"spaces only":              {"  \n", CodeParse},
		"no JSON":                  {"hello", CodeParse},
		"cut off":                  {`{"jsonrpc":"2.0","id":1`, CodeParse},
		"something behind it":      {`{"jsonrpc":"2.0","id":1,"method":"x"} {}`, CodeParse},
		"a comma too many":         {`{"jsonrpc":"2.0","id":1,"method":"x",}`, CodeParse},
		"single quotes":            {`{'jsonrpc':'2.0'}`, CodeParse},
		"a control character":      {"{\"jsonrpc\":\"2.0\",\"id\":\"a\nb\",\"method\":\"x\"}", CodeParse},
		"an unknown escape":        {`{"jsonrpc":"2.0","id":"\x","method":"x"}`, CodeParse},
		"a short escape":           {`{"jsonrpc":"2.0","id":"\u12","method":"x"}`, CodeParse},
		"a leading zero":           {`{"jsonrpc":"2.0","id":01,"method":"x"}`, CodeParse},
		"not UTF-8":                {"{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"x\"}", CodeParse},
		"batch with a broken item": {`[{"jsonrpc":"2.0","id":1,"method":"x"},{]`, CodeParse},
		"a string":                 {`"hello"`, CodeInvalidRequest},
		"a number":                 {`1`, CodeInvalidRequest},
		"null":                     {`null`, CodeInvalidRequest},
		"batch of none":            {`[ ]`, CodeInvalidRequest},
		"batch of 51":              {many, CodeInvalidRequest},
		"nested too deeply":        {deep, CodeInvalidRequest},
		"nested absurdly":          {strings.Repeat("[", 100000), CodeInvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			items, _, err := ParseFrame([]byte(tc.frame))
			require.Empty(t, items)
			require.NotNil(t, err)
			require.Equal(t, tc.code, err.Code)
			require.NotEmpty(t, err.Message)
		})
	}
}

func TestParseFrameItem(t *testing.T) {
	for name, tc := range map[string]struct {
		frame    string
		id       string // "" for null or none
		code     Code   // 0: a good request
		answered bool
	}{
		"string id":             {`{"jsonrpc":"2.0","id":"a","method":"x"}`, `"a"`, 0, true},
		"empty id":              {`{"jsonrpc":"2.0","id":"","method":"x"}`, `""`, 0, true},
		"negative id":           {`{"jsonrpc":"2.0","id":-3,"method":"x"}`, `-3`, 0, true},
		"large id":              {`{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"x"}`, `123456789012345678901234567890`, 0, true},
		"no id":                 {`{"jsonrpc":"2.0","method":"x"}`, ``, 0, false},
		"any order":             {`{"params":{},"method":"x","id":1,"jsonrpc":"2.0"}`, `1`, 0, true},
		"escaped names":         {`{"js\u006fnrpc":"2.0","id":1,"meth\u006fd":"x"}`, `1`, 0, true},
		"fraction as id":        {`{"jsonrpc":"2.0","id":1.5,"method":"x"}`, ``, CodeInvalidRequest, true},
		"whole fraction as id":  {`{"jsonrpc":"2.0","id":1.0,"method":"x"}`, ``, CodeInvalidRequest, true},
		"exponent as id":        {`{"jsonrpc":"2.0","id":1e2,"method":"x"}`, ``, CodeInvalidRequest, true},
		"null as id":            {`{"jsonrpc":"2.0","id":null,"method":"x"}`, ``, CodeInvalidRequest, true},
		"object as id":          {`{"jsonrpc":"2.0","id":{},"method":"x"}`, ``, CodeInvalidRequest, true},
		"array as id":           {`{"jsonrpc":"2.0","id":[1],"method":"x"}`, ``, CodeInvalidRequest, true},
		"true as id":            {`{"jsonrpc":"2.0","id":true,"method":"x"}`, ``, CodeInvalidRequest, true},
		"no version":            {`{"id":1,"method":"x"}`, `1`, CodeInvalidRequest, true},
		"another version":       {`{"jsonrpc":"1.0","id":1,"method":"x"}`, `1`, CodeInvalidRequest, true},
		"version as number":     {`{"jsonrpc":2.0,"id":1,"method":"x"}`, `1`, CodeInvalidRequest, true},
		"no method":             {`{"jsonrpc":"2.0","id":1}`, `1`, CodeInvalidRequest, true},
		"method as number":      {`{"jsonrpc":"2.0","id":1,"method":5}`, `1`, CodeInvalidRequest, true},
		"method as null":        {`{"jsonrpc":"2.0","id":1,"method":null}`, `1`, CodeInvalidRequest, true},
		"unknown member":        {`{"jsonrpc":"2.0","id":1,"method":"x","extra":1}`, `1`, CodeInvalidRequest, true},
		"names in another case": {`{"jsonrpc":"2.0","id":1,"Method":"x"}`, `1`, CodeInvalidRequest, true},
		"version twice":         {`{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"x"}`, `1`, CodeInvalidRequest, true},
		"method twice":          {`{"jsonrpc":"2.0","id":1,"method":"x","method":"x"}`, `1`, CodeInvalidRequest, true},
		"params twice":          {`{"jsonrpc":"2.0","id":1,"method":"x","params":{},"params":{}}`, `1`, CodeInvalidRequest, true},
		"id twice":              {`{"jsonrpc":"2.0","id":1,"id":1,"method":"x"}`, ``, CodeInvalidRequest, true},
		"twice, once escaped":   {`{"jsonrpc":"2.0","id":1,"method":"x","m\u0065thod":"y"}`, `1`, CodeInvalidRequest, true},
		"an answer":             {`{"jsonrpc":"2.0","id":1,"result":{}}`, `1`, CodeInvalidRequest, true},
		"nothing in it":         {`{}`, ``, CodeInvalidRequest, true},
		"params as array":       {`{"jsonrpc":"2.0","id":1,"method":"x","params":[]}`, `1`, CodeInvalidParams, true},
		"params as null":        {`{"jsonrpc":"2.0","id":1,"method":"x","params":null}`, `1`, CodeInvalidParams, true},
		"params as string":      {`{"jsonrpc":"2.0","id":1,"method":"x","params":"a"}`, `1`, CodeInvalidParams, true},
		"bad params, no id":     {`{"jsonrpc":"2.0","method":"x","params":[]}`, ``, CodeInvalidParams, false},
		"bad request, no id":    {`{"jsonrpc":"2.0","method":5}`, ``, CodeInvalidRequest, true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, batched := range []bool{false, true} {
				frame := tc.frame
				if batched {
					frame = "[" + frame + "]"
				}
				items, batch, err := ParseFrame([]byte(frame))
				require.Nil(t, err)
				require.Equal(t, batched, batch)
				require.Len(t, items, 1)
				require.Equal(t, tc.id, string(items[0].ID))
				require.Equal(t, tc.answered, items[0].Answered())
				if tc.code == 0 {
					require.Nil(t, items[0].Err)
					require.Equal(t, Method("x"), items[0].Method)
					continue
				}
				require.NotNil(t, items[0].Err)
				require.Equal(t, tc.code, items[0].Err.Code)
				if tc.code == CodeInvalidParams {
					require.Equal(t, "params", items[0].Err.Data.Field)
				}
			}
		})
	}
}

func TestParseFrameBatch(t *testing.T) {
	items, batch, err := ParseFrame([]byte(`[{"jsonrpc":"2.0","id":1,"method":"a"}, 5 ,{"jsonrpc":"2.0","method":"b"},[]]`))
	require.Nil(t, err)
	require.True(t, batch)
	require.Len(t, items, 4)
	require.Equal(t, Method("a"), items[0].Method)
	require.Equal(t, CodeInvalidRequest, items[1].Err.Code)
	require.Equal(t, Method("b"), items[2].Method)
	require.Equal(t, CodeInvalidRequest, items[3].Err.Code)

	fifty := "[" + strings.Repeat(`{"jsonrpc":"2.0","id":1,"method":"x"},`, MaxBatch-1) + `{"jsonrpc":"2.0","id":1,"method":"x"}]`
	items, _, err = ParseFrame([]byte(fifty))
	require.Nil(t, err)
	require.Len(t, items, MaxBatch)
}

func TestErrorsKeepWhatTheySendBackShort(t *testing.T) {
	long := strings.Repeat("ü", 5000)
	items, _, err := ParseFrame([]byte(`{"jsonrpc":"2.0","id":1,"method":"x","` + long + `":1}`))
	require.Nil(t, err)
	require.Less(t, len(items[0].Err.Message), 200)
	refusal := DecodeParams(json.RawMessage(`{"`+long+`":1}`), &Page{})
	require.Less(t, len(AppendError(nil, nil, refusal)), 500)
}

func TestAppend(t *testing.T) {
	out, err := AppendResult([]byte("x"), json.RawMessage(`"a"`), &UnseenResult{Unseen: 3})
	require.NoError(t, err)
	require.Equal(t, `x{"jsonrpc":"2.0","id":"a","result":{"unseen":3}}`, string(out))

	out = AppendError(nil, nil, Refuse(Forbidden))
	want := `{"jsonrpc":"2.0","id":null,"error":{"code":-32002,"message":"You may not do this.","data":{"reason":"forbidden"}}}`
	require.Equal(t, []byte(want), out)

	out, err = EncodeNotification(NotifyInvitationSeen, UnseenResult{})
	require.NoError(t, err)
	want = `{"jsonrpc":"2.0","method":"invitation.seen","params":{"unseen":0}}`
	require.Equal(t, []byte(want), out)
}

func TestAppendRefusesWhatWouldBreakTheFrame(t *testing.T) {
	_, err := AppendResult(nil, nil, &SessionResult{Session: Session{Metadata: json.RawMessage(`{"a"`)}})
	require.Error(t, err)
	_, err = AppendResult(nil, nil, nil)
	require.Error(t, err)
	_, err = EncodeNotification(NotifyFocusChanged, (*Focus)(nil))
	require.Error(t, err)
}

func TestParseServerFrame(t *testing.T) {
	m, err := ParseServerFrame([]byte(`{"jsonrpc":"2.0","id":1,"result":{"unseen":3,"later":true},"later":1}`))
	require.NoError(t, err)
	require.True(t, m.IsResponse())
	require.Equal(t, "1", string(m.ID))

	m, err = ParseServerFrame([]byte(`{"jsonrpc":"2.0","id":null,"error":{"code":-32004,"message":"m","data":{"reason":"stale_invitation","later":1}}}`))
	require.NoError(t, err)
	require.True(t, m.IsResponse())
	require.ErrorIs(t, m.Error, Refuse(StaleInvitation))

	m, err = ParseServerFrame([]byte(`{"jsonrpc":"2.0","method":"later.thing","params":{}}`))
	require.NoError(t, err)
	require.True(t, m.IsNotification())

	m, err = ParseServerFrame([]byte(` [{"jsonrpc":"2.0","id":1,"result":{}}]`))
	require.NoError(t, err)
	require.False(t, m.IsResponse())
	require.Len(t, m.Batch, 1)

	for name, frame := range map[string]string{
		"nothing":              ``,
		"no JSON":              `{`,
		"another version":      `{"jsonrpc":"1.0","id":1,"result":{}}`,
		"neither":              `{"jsonrpc":"2.0"}`,
		"both":                 `{"jsonrpc":"2.0","id":1,"method":"a","result":{}}`,
		"result and error":     `{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}`,
		"no result, no error":  `{"jsonrpc":"2.0","id":1}`,
		"broken batch":         `[{`,
		"bad item":             `[5]`,
		"notification batched": `[{"jsonrpc":"2.0","method":"a","params":{}}]`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseServerFrame([]byte(frame))
			require.Error(t, err)
		})
	}
}

func TestNamesMayBeEscaped(t *testing.T) {
	items, _, refusal := ParseFrame([]byte(`{"json\u0072pc":"2\u002e0","\u0069d":1,"m\u0065thod":"h\u0065llo","\u0070arams":{"t\u006fken":"x"}}`))
	require.Nil(t, refusal)
	require.Nil(t, items[0].Err)
	require.Equal(t, MethodHello, items[0].Method)
	var p HelloParams
	require.Nil(t, DecodeParams(items[0].Params, &p))
	require.Equal(t, "x", p.Token)
}

func TestAFrameOfUsualWordsIsReadWithoutCopies(t *testing.T) {
	frame := []byte(`{"jsonrpc":"2.0","id":1,"method":"session.join","params":{"session_id":"s"}}`)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _, _ = ParseFrame(frame) }), 1.0, "the list of requests alone")
}
