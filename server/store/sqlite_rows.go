package store

import (
	"database/sql"
	"fmt"
	"reflect"

	sqlite3 "zombiezen.com/go/sqlite"
)

// sqliteRows are the rows of a statement on SQLite.
type sqliteRows struct {
	s   *sqlite3.Stmt
	err error
}

// Next goes to the next row and reports whether there is one.
func (r *sqliteRows) Next() bool {
	if r.err != nil {
		return false
	}
	var more bool
	more, r.err = r.s.Step()
	return more
}

// Err returns what ended the rows before their end.
func (r *sqliteRows) Err() error { return r.err }

// Close makes the statement ready for the next time. It returns Err.
func (r *sqliteRows) Close() error {
	if err := r.s.Reset(); r.err == nil {
		r.err = err
	}
	return r.err
}

// Scan implements scanner.
func (r *sqliteRows) Scan(dest ...any) error {
	if n := r.s.ColumnCount(); n != len(dest) {
		return fmt.Errorf("%d columns for %d places", n, len(dest))
	}
	for i, d := range dest {
		if !take(r.s, i, d) {
			return fmt.Errorf("column %d, a %v, has no place in a %T", i+1, r.s.ColumnType(i), d)
		}
	}
	return nil
}

// take puts a column where dest points to. It reports whether it belongs there.
func take(s *sqlite3.Stmt, column int, dest any) bool {
	kind := s.ColumnType(column)
	switch d := dest.(type) {
	case *string:
		*d = s.ColumnText(column)
		return kind == sqlite3.TypeText
	case *int64:
		*d = s.ColumnInt64(column)
		return kind == sqlite3.TypeInteger
	case *int:
		*d = s.ColumnInt(column)
		return kind == sqlite3.TypeInteger
	case *bool:
		*d = s.ColumnBool(column)
		return kind == sqlite3.TypeInteger
	case *[]byte:
		*d = columnBytes(s, column)
		return kind == sqlite3.TypeText || kind == sqlite3.TypeBlob
	case *any:
		*d = natural(s, column)
		return true
	case sql.Scanner:
		return d.Scan(natural(s, column)) == nil
	}
	v := reflect.ValueOf(dest).Elem()
	switch {
	case v.Kind() == reflect.String && kind == sqlite3.TypeText:
		v.SetString(s.ColumnText(column))
	case v.CanInt() && kind == sqlite3.TypeInteger:
		v.SetInt(s.ColumnInt64(column))
	case v.CanUint() && kind == sqlite3.TypeInteger:
		v.SetUint(uint64(s.ColumnInt64(column)))
	default:
		return false
	}
	return true
}

// natural returns a column as what it is.
func natural(s *sqlite3.Stmt, column int) any {
	switch s.ColumnType(column) {
	case sqlite3.TypeInteger:
		return s.ColumnInt64(column)
	case sqlite3.TypeText:
		return s.ColumnText(column)
	case sqlite3.TypeBlob:
		return columnBytes(s, column)
	case sqlite3.TypeFloat:
		return s.ColumnFloat(column)
	case sqlite3.TypeNull:
	}
	return nil
}

func columnBytes(s *sqlite3.Stmt, column int) []byte {
	b := make([]byte, s.ColumnLen(column))
	s.ColumnBytes(column, b)
	return b
}

// bind gives a parameter, counted from 1, its value.
func bind(s *sqlite3.Stmt, parameter int, value any) error {
	switch v := value.(type) {
	case string:
		s.BindText(parameter, v)
	case int64:
		s.BindInt64(parameter, v)
	case int:
		s.BindInt64(parameter, int64(v))
	case bool:
		s.BindBool(parameter, v)
	case []byte:
		s.BindBytes(parameter, v)
	case nil:
		s.BindNull(parameter)
	default:
		r := reflect.ValueOf(value)
		switch {
		case r.Kind() == reflect.String:
			s.BindText(parameter, r.String())
		case r.CanInt():
			s.BindInt64(parameter, r.Int())
		case r.CanUint():
			s.BindInt64(parameter, int64(r.Uint()))
		default:
			return fmt.Errorf("a %T can't be given to a statement", value)
		}
	}
	return nil
}
