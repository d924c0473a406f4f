-- 情報セキュリティ: policy
select 1;
